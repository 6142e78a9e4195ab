// Where a file is chosen to be imported: it goes up as soon as it is chosen or dropped, with progress; then its columns are shown.
import { send } from "../uploading";
import { say } from "../texts";

function watch(form: HTMLFormElement): void {
  const input = form.querySelector<HTMLInputElement>("input[type=file]");
  const button = form.querySelector<HTMLButtonElement>("[data-send]");
  if (!input || !button) return;
  button.hidden = true;
  input.addEventListener("change", () => { if (input.files?.[0]) void bring(form, input.files[0]); });
  form.addEventListener("submit", (event) => event.preventDefault()); // Enter in a form whose file is on its way already
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault(); // a file that misses must not replace the page
    form.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) form.classList.remove("over"); });
  document.addEventListener("drop", (event) => {
    form.classList.remove("over");
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    void bring(form, file);
  });
}

async function bring(form: HTMLFormElement, file: File): Promise<void> {
  const going = form.querySelector<HTMLElement>("[data-going]");
  const bar = going?.querySelector("progress");
  const problem = form.querySelector<HTMLElement>("[data-problem]");
  const input = form.querySelector<HTMLInputElement>("input[type=file]");
  if (!going || !bar || !problem || !input || !going.hidden) return; // one at a time
  const name = going.querySelector("[data-name]");
  if (name) name.textContent = file.name;
  problem.textContent = "";
  going.hidden = false;
  bar.value = 0;
  try {
    if (file.size > Number(form.dataset["max"])) throw new Error(say("This file is larger than this box takes. Split it, or pack it with gzip."));
    if (!file.size) throw new Error(say("This file is empty. Choose another one."));
    const id = await send(file, (share) => { bar.value = share; });
    location.assign(`${form.action}?file=${id}`);
  } catch (error) {
    going.hidden = true;
    problem.textContent = (error as Error).message;
    input.value = ""; // the same file may be chosen again
    input.focus();
  }
}

const form = document.querySelector<HTMLFormElement>("[data-import-drop]");
if (form) watch(form);
