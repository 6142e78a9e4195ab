// What was done, with a way back; and what the next page shall tell, for what was done leads there.
import { ask } from "./server";
import { say, textsLoaded } from "./texts";
import { complain, toast } from "./toasts";

const KEY = "ingot-told";

/** Take a transaction back. A page that can show it anew hears "undone" and says so; any other is loaded again. */
export async function undo(transaction: string): Promise<void> {
  try {
    await ask("POST", "/api/undo", { data: { type: "undo", attributes: { transaction } } });
  } catch (error) {
    complain(error);
    return;
  }
  const heard = !document.dispatchEvent(new CustomEvent("undone", { cancelable: true }));
  if (heard) toast(say("Undone."));
  else location.reload();
}

/** Say what was done; with its transaction it can be undone. */
export function tell(text: string, transaction = ""): void {
  toast(text, transaction ? { way: { label: say("Undo"), go: () => undo(transaction) } } : {});
}

/** The same, on the page that comes next. */
export function tellNext(text: string, transaction: string): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ text, transaction }));
  } catch {
    // then it is not told
  }
}

/** What the page before had to tell. */
export function tellLeft(): void {
  try {
    const left = sessionStorage.getItem(KEY);
    sessionStorage.removeItem(KEY);
    if (!left) return;
    const { text, transaction } = JSON.parse(left) as { text: string; transaction: string };
    void textsLoaded.then(() => tell(text, transaction));
  } catch {
    // nothing left
  }
}
