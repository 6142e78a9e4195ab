// A record that is missing is made in place: the short form of its kind in a dialog, saved, and picked.
import { complainAbove, showProblems, type Wrong } from "./form_problems";
import { send } from "./form_session";
import { watchUploads } from "./form_uploads";
import { say } from "./texts";
import { toast } from "./toasts";

export interface Made { id: string; title: string }

/** Opens the dialog; resolves with the new record, or null when nothing was made. */
export async function createRecord(type: string, title: string, label: string): Promise<Made | null> {
  const dialog = document.createElement("dialog");
  dialog.className = "create";
  try {
    const answer = await fetch(`/${type}/new?${new URLSearchParams({ _title: title })}`, { headers: { "HX-Request": "true", "HX-Request-Type": "partial" } });
    if (!answer.ok) throw new Error(String(answer.status));
    dialog.innerHTML = await answer.text();
  } catch {
    toast(say("The form cannot be loaded just now."), { bad: true });
    return null;
  }
  const form = dialog.querySelector("form");
  if (!form) return null;
  dialog.setAttribute("aria-label", say("New {entity}", { entity: label }));
  document.body.append(dialog);
  // a picker inside may make a record in turn; it is loaded by then, so the circle of imports does no harm
  const { watchPickers } = await import("./combobox");
  watchPickers(dialog);
  watchUploads(dialog);
  dialog.showModal();
  form.querySelector<HTMLElement>(".form input:not([type=hidden]), .form select, .form textarea")?.focus();
  return new Promise((resolve) => {
    let made: Made | null = null;
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(made);
    });
    dialog.querySelector("[data-close]")?.addEventListener("click", () => dialog.close());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      void save(form).then((found) => {
        if (!found) return;
        made = found;
        dialog.close();
      });
    });
  });
}

async function save(form: HTMLFormElement): Promise<Made | null> {
  const button = form.querySelector<HTMLButtonElement>("footer .primary");
  if (button?.disabled) return null;
  if (button) button.disabled = true;
  const sent = await send(form.action, new FormData(form));
  if (button) button.disabled = false;
  if (sent.outcome === "saved") return { id: String(sent.body.id), title: String(sent.body.title) };
  if (sent.outcome === "problems") showProblems(form, sent.body.problems as Wrong[], true);
  else complainAbove(form, why(sent.outcome, sent.text));
  return null;
}

/** Why a form was not saved, and what to do. */
export function why(outcome: string, text: string): string {
  if (outcome === "signed-out") return say("You were signed out. Sign in again in another tab, then save once more: nothing you typed is lost.");
  if (outcome === "somebody-else") return say("Somebody else is signed in on this browser now. Sign in as yourself in another tab, then save once more.");
  if (outcome === "unreachable") return say("The box does not answer. Nothing you typed is lost; save once more in a moment.");
  return text || say("Something went wrong. Nothing you typed is lost.");
}
