// On a form's page.
import { tellSaved, watchForm } from "../form";

const form = document.querySelector<HTMLFormElement>("#record-form");
if (form) watchForm(form);
tellSaved();
