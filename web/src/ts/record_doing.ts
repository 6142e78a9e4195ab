// What one does on a record's page: steps by arrows, the keys j and k, copying its link, printing, deleting; and the news of what
// was done. The forms themselves are htmx's.
import htmx from "htmx.org";
import { csrf } from "./server";
import { tell, tellNext } from "./record_told";
import { say, textsLoaded } from "./texts";
import { complain, toast } from "./toasts";

interface Swapping extends Event {
  detail: { ctx: { text?: string; response?: { status: number; raw?: Response } } };
}

export const root = (): HTMLElement | null => document.getElementById("record");

/** Ask for the page's content again and morph it in; what is being written stays. */
export function refresh(): Promise<void> {
  return htmx.ajax("GET", location.pathname + location.search, { target: "#record", swap: "outerMorph" }) as Promise<void>;
}

export function watchDoing(): void {
  const page = root();
  if (!page) return;
  furnish();
  document.addEventListener("htmx:after:swap", furnish);
  document.addEventListener("htmx:before:swap", (event) => keepWholePagesOut(event as Swapping));
  document.addEventListener("htmx:error", () => toast(say("The box does not answer. Nothing was changed; try again in a moment."), { bad: true }));
  document.addEventListener("record:done", (event) => {
    const { text, undo } = (event as CustomEvent<{ text: string; undo: string }>).detail;
    tell(text, undo);
    const composer = document.querySelector<HTMLFormElement>("[data-composer]");
    if (composer && event.target === composer) composer.reset();
  });
  document.addEventListener("undone", (event) => {
    event.preventDefault(); // heard
    void refresh();
  });
  document.addEventListener("click", clicked);
  document.addEventListener("keydown", pressed);
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (!form.matches("[data-delete]")) return;
    event.preventDefault();
    void remove(form);
  });
  toldByTheAddress();
}

/** What only works with script is shown by it. */
function furnish(): void {
  for (const one of document.querySelectorAll<HTMLElement>("[data-copy], [data-print], [data-choose]")) one.hidden = false;
  document.querySelector(".steps [aria-current]")?.closest("li")?.scrollIntoView?.({ block: "nearest", inline: "center" });
}

/** A whole page came where a part was asked for: signed out, or the box is in trouble. */
function keepWholePagesOut(event: Swapping): void {
  const { ctx } = event.detail;
  const text = ctx.text ?? "";
  if (!/^\s*<!doctype/i.test(text)) return;
  event.preventDefault();
  if (ctx.response?.raw?.url.includes("/sign-in")) toast(say("You were signed out. Sign in again in another tab, then repeat this."), { bad: true });
  else if ((ctx.response?.status ?? 500) === 404) location.reload();
  else toast(say("Something went wrong. Nothing was changed."), { bad: true });
}

/** After saving, the address says which transaction it was: once. */
function toldByTheAddress(): void {
  const note = document.querySelector<HTMLElement>("[data-done]");
  if (!note) return;
  const transaction = note.dataset["done"] ?? "";
  const text = note.querySelector("p")?.textContent ?? "";
  note.remove();
  const address = new URL(location.href);
  address.searchParams.delete("done");
  history.replaceState(history.state, "", address);
  void textsLoaded.then(() => tell(text, transaction));
}

function clicked(event: MouseEvent): void {
  const entry = (event.target as Element).closest<HTMLElement>("[data-copy], [data-print]");
  if (!entry) return;
  entry.closest("details")?.removeAttribute("open");
  if ("print" in entry.dataset) window.print();
  else void copy(new URL(entry.dataset["copy"] ?? "", location.href).href);
}

/** The clipboard's own interface is only there on secure addresses; on a LAN without TLS the old way still works. */
async function copy(text: string): Promise<void> {
  try {
    if (navigator.clipboard) await navigator.clipboard.writeText(text);
    else {
      const place = document.createElement("textarea");
      place.value = text;
      document.body.append(place);
      place.select();
      document.execCommand("copy");
      place.remove();
    }
    toast(say("The link is copied."));
  } catch (error) {
    complain(error);
  }
}

function pressed(event: KeyboardEvent): void {
  const at = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey) {
    const form = at.closest<HTMLFormElement>("form");
    if (event.key === "Enter" && at.matches("textarea") && form?.closest("#record")) form.requestSubmit();
    return;
  }
  const steps = at.closest("[data-steps]");
  if (steps && (event.key === "ArrowRight" || event.key === "ArrowLeft")) {
    const buttons = [...steps.querySelectorAll<HTMLButtonElement>("button")];
    const forward = (event.key === "ArrowRight") !== (document.documentElement.dir === "rtl");
    buttons[buttons.indexOf(at as HTMLButtonElement) + (forward ? 1 : -1)]?.focus();
    event.preventDefault();
    return;
  }
  if (document.body.dataset["shortcuts"] === "off") return;
  if (at.closest("input, textarea, select, [contenteditable], dialog, [role=listbox]")) return;
  const link = root()?.querySelector<HTMLAnchorElement>(`a[data-key="${CSS.escape(event.key)}"]`);
  if (!link) return;
  event.preventDefault();
  link.click();
}

/** Deleting leads back to the list, which says so and offers the way back. */
async function remove(form: HTMLFormElement): Promise<void> {
  try {
    const answer = await fetch(form.action, { method: "POST", headers: { Accept: "application/json", "X-CSRF-Token": csrf() } });
    const found = (await answer.json()) as { text?: string; transaction?: string; errors?: { detail: string }[] };
    if (!answer.ok) throw new Error((found.errors ?? []).map((e) => e.detail).join(" "));
    tellNext(found.text ?? "", found.transaction ?? "");
    location.assign(form.dataset["back"] ?? "/");
  } catch (error) {
    complain(error);
  }
}
