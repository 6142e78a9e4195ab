// What is wrong with a form, beside its fields and in a summary on top that leads to them. The server finds it, by the rules that
// hold when something is written.
import { say } from "./texts";

export interface Wrong { field: string; message: string }

/** Show these and no others. `focus` leads to the first of them. */
export function showProblems(form: HTMLFormElement, problems: Wrong[], focus: boolean): void {
  const by = new Map(problems.map((p) => [p.field, p.message]));
  for (const place of fields(form)) mark(place, by.get(place.dataset["field"] ?? "") ?? "");
  const known = fields(form).map((f) => f.dataset["field"] ?? "");
  const placed = known.flatMap((name) => problems.filter((p) => p.field === name)); // as they stand in the form
  summarize(form, placed, problems.filter((p) => !known.includes(p.field)).map((p) => p.message).join(" "));
  if (focus) (firstControl(form, placed[0]?.field ?? "") ?? form.querySelector<HTMLElement>("[data-summary]"))?.focus();
}

/** While one types: only the fields somebody was at, and no summary. */
export function showAsTyped(form: HTMLFormElement, problems: Wrong[], touched: ReadonlySet<string>): void {
  const by = new Map(problems.map((p) => [p.field, p.message]));
  for (const place of fields(form)) {
    const name = place.dataset["field"] ?? "";
    if (touched.has(name)) mark(place, by.get(name) ?? "");
  }
}

/** A sentence that belongs to no field. */
export function complainAbove(form: HTMLFormElement, text: string): void {
  summarize(form, [], text);
  form.querySelector<HTMLElement>("[data-summary]")?.focus();
}

function summarize(form: HTMLFormElement, problems: Wrong[], general: string): void {
  const box = form.querySelector<HTMLElement>("[data-summary]");
  const words = box?.querySelector<HTMLElement>("[data-summary-text]");
  const list = box?.querySelector<HTMLElement>("[data-summary-list]");
  if (!box || !words || !list) return;
  box.hidden = !problems.length && !general;
  words.textContent = [problems.length ? say("Please look at this again; nothing is saved yet.") : "", general].filter(Boolean).join(" ");
  list.replaceChildren(...problems.map((problem) => {
    const line = document.createElement("li");
    const link = document.createElement("a");
    link.href = "#";
    link.textContent = problem.message;
    link.addEventListener("click", (event) => {
      event.preventDefault();
      firstControl(form, problem.field)?.focus();
    });
    line.append(link);
    return line;
  }));
}

const fields = (form: HTMLFormElement): HTMLElement[] => [...form.querySelectorAll<HTMLElement>("[data-field]")];

export function firstControl(form: HTMLFormElement, field: string): HTMLElement | null {
  const place = fields(form).find((f) => f.dataset["field"] === field);
  return place?.querySelector<HTMLElement>("input:not([type=hidden]), select:not([hidden]), textarea") ?? null;
}

function mark(place: HTMLElement, message: string): void {
  const slot = place.querySelector<HTMLElement>("[data-problem]");
  const words = slot?.querySelector("span");
  if (!slot || !words) return;
  if (words.textContent !== message) words.textContent = message;
  slot.hidden = !message;
  place.toggleAttribute("data-wrong", Boolean(message));
  for (const control of place.querySelectorAll<HTMLElement>("input:not([type=hidden]), select:not([hidden]), textarea")) {
    if (message) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  }
}
