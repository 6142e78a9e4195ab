// Short news at the foot of the page: what was done, with a way back, or what went wrong.
import { Refused } from "./server";
import { say } from "./texts";

const SECONDS = 8;

export interface Way {
  label: string;
  go: () => void | Promise<void>;
}

/** Show a line; it leaves by itself unless somebody points at it. A problem stays until it is closed. */
export function toast(text: string, options: { way?: Way; bad?: boolean } = {}): void {
  const place = document.getElementById("toasts");
  if (!place) return;
  // said once more, it moves to the end; three times the same problem are no more than one
  if (options.bad) [...place.children].find((c) => c.querySelector(".text")?.textContent === text)?.remove();
  const line = document.createElement("div");
  line.className = options.bad ? "toast bad" : "toast";
  if (options.bad) line.setAttribute("role", "alert");
  const words = document.createElement("span");
  words.className = "text";
  words.textContent = text;
  line.append(words);
  const { way } = options;
  if (way) line.append(button(way.label, () => { line.remove(); void way.go(); }));
  if (options.bad) line.append(button(say("Close"), () => line.remove()));
  place.append(line);
  while (place.children.length > 4) place.firstElementChild?.remove();
  if (!options.bad) leave(line);
}

function leave(line: HTMLElement): void {
  let timer = 0;
  const start = (): void => { timer = window.setTimeout(() => line.remove(), SECONDS * 1000); };
  line.addEventListener("pointerenter", () => clearTimeout(timer));
  line.addEventListener("pointerleave", start);
  line.addEventListener("focusin", () => clearTimeout(timer));
  start();
}

function button(label: string, click: () => void): HTMLButtonElement {
  const found = document.createElement("button");
  found.type = "button";
  found.className = "button small";
  found.textContent = label;
  found.addEventListener("click", click);
  return found;
}

/** Say why something did not work, in the server's words where it had any. */
export function complain(error: unknown): void {
  if (error instanceof Refused && error.status === 0) toast(say("The box does not answer. Nothing was changed; try again in a moment."), { bad: true });
  else if (error instanceof Refused && error.status === 401) toast(say("You were signed out. Sign in again in another tab, then repeat this."), { bad: true });
  else toast(error instanceof Error && error.message ? error.message : say("Something went wrong. Nothing was changed."), { bad: true });
}
