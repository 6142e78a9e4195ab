// A card goes to another column: one PATCH with the version one saw, a toast with the way back, and the card goes back where it
// was when the server says no.
import htmx from "htmx.org";
import { ask } from "./server";
import { say } from "./texts";
import { complain, toast } from "./toasts";

const board = (): HTMLElement | null => document.getElementById("board");

/** The columns as they stand, left to right: those a card can go to. */
export function columns(): HTMLElement[] {
  const required = board()?.hasAttribute("data-required");
  return [...document.querySelectorAll<HTMLElement>("[data-column]")].filter((c) => c.dataset["column"] || !required);
}

export const columnOf = (card: HTMLElement): HTMLElement | null => card.closest<HTMLElement>("[data-column]");

/** Move a card; `putBack` undoes what the page shows already. */
export async function move(card: HTMLElement, to: HTMLElement, putBack: () => void): Promise<void> {
  const place = board();
  const { id, version, title } = card.dataset;
  if (!place || !id) return;
  const type = place.dataset["type"] ?? "";
  const value = to.dataset["column"] || null;
  const document_ = { data: { type, id, attributes: { [place.dataset["field"] ?? ""]: value }, meta: { version: Number(version) } } };
  let transaction = "";
  try {
    const answer = await ask("PATCH", `/api/${type}/${id}`, document_);
    transaction = answer.headers.get("Ingot-Transaction") ?? "";
  } catch (error) {
    putBack();
    complain(error);
    await redraw();
    return;
  }
  await redraw();
  const text = say("{title} is in {column} now.", { title: title ?? "", column: to.dataset["label"] ?? "" });
  toast(text, transaction ? { way: { label: say("Undo"), go: () => undo(transaction) } } : {});
}

async function undo(transaction: string): Promise<void> {
  try {
    await ask("POST", "/api/undo", { data: { type: "undo", attributes: { transaction } } });
    toast(say("Undone."));
  } catch (error) {
    complain(error);
  }
  await redraw();
}

let kept = "";

/** Ask for the columns again. The card that has the focus keeps it, wherever it is then, over several drawings. */
export async function redraw(address = here()): Promise<void> {
  const at = document.activeElement;
  if (at && at !== document.body) kept = at.closest("[data-card-link]") ? (at.closest(".board-card")?.id ?? "") : "";
  await htmx.ajax("GET", address, { target: "#board", swap: "outerMorph" });
  if (kept && (!document.activeElement || document.activeElement === document.body)) {
    document.getElementById(kept)?.querySelector<HTMLElement>("[data-card-link]")?.focus();
  }
}

let pages = "";

/** Show more cards, now and whenever the board is drawn again. */
export async function more(address: string): Promise<void> {
  pages = new URL(address, location.href).searchParams.get("_pages") ?? "";
  await redraw();
}

function here(): string {
  const address = new URL(location.href);
  for (const passing of ["_done", "_moved", "_move"]) address.searchParams.delete(passing);
  if (pages) address.searchParams.set("_pages", pages);
  return address.pathname + address.search;
}
