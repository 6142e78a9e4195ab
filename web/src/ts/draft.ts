// Drafts: what is typed in a form outlives a closed tab, a reload and an expired session. A draft of an older version of the
// record is brought back with that version: saving it then shows what somebody else changed, instead of writing over it.
import { draftKey, forgetOldDrafts } from "./draft_keys";
import { locale, say, textsLoaded } from "./texts";

type Kept = [name: string, value: string, label?: string];
interface Draft { at: number; version: string; entries: Kept[] }

const PAUSE = 300; // milliseconds of quiet before a draft is written
const OWN = ["csrf", "_has", "_version", "_id", "_do", "_short"];

export class Drafts {
  private key: string;
  private timer = 0;
  private first: string;
  private off = false;

  constructor(private form: HTMLFormElement, private redraw: () => void) {
    const address = new URLSearchParams(location.search);
    for (const passing of ["_saved", "_done"]) address.delete(passing);
    this.key = draftKey(`${location.pathname}?${address}`);
    const clash = Boolean(form.querySelector("[data-clashes]"));
    this.first = clash ? "" : JSON.stringify(this.entries());
    forgetOldDrafts();
    if (clash) this.write(); // what it holds is saved nowhere yet
    else this.restore();
    form.addEventListener("input", () => this.later());
    form.addEventListener("change", () => this.later());
    addEventListener("pagehide", () => { if (this.timer) this.write(); });
    document.querySelector("[data-sign-out]")?.addEventListener("submit", () => this.drop());
    form.querySelector("[data-draft-keep]")?.addEventListener("click", () => this.bar(false));
    form.querySelector("[data-draft-drop]")?.addEventListener("click", () => this.discard());
  }

  /** After saving: nothing is left to lose. */
  drop(): void {
    this.off = true;
    clearTimeout(this.timer);
    this.timer = 0;
    try { localStorage.removeItem(this.key); } catch { /* nothing was kept */ }
  }

  private later(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.write(), PAUSE);
  }

  private write(): void {
    clearTimeout(this.timer);
    this.timer = 0;
    if (this.off) return;
    const entries = this.entries();
    try {
      if (JSON.stringify(entries) === this.first) localStorage.removeItem(this.key);
      else localStorage.setItem(this.key, JSON.stringify({ at: Date.now(), version: this.form.dataset["version"] ?? "", entries } satisfies Draft));
    } catch {
      // full, or forbidden: the form itself still works
    }
  }

  private entries(): Kept[] {
    const found: Kept[] = [];
    for (const [name, value] of new FormData(this.form)) {
      if (typeof value !== "string" || OWN.includes(name) || name.startsWith("_")) continue;
      const label = this.labelOf(name, value);
      found.push(label === undefined ? [name, value] : [name, value, label]);
    }
    return found;
  }

  /** Of what was picked or uploaded: its name, to show it again. */
  private labelOf(name: string, value: string): string | undefined {
    const select = this.form.querySelector<HTMLSelectElement>(`select[data-picker][name="${name}"]`);
    if (select) return [...select.options].find((o) => o.value === value)?.text;
    const box = this.form.querySelector(`[data-files] input[name="${name}"][value="${CSS.escape(value)}"]`);
    return box?.closest("li")?.querySelector(".cut")?.textContent ?? undefined;
  }

  private restore(): void {
    let draft: Draft | null = null;
    try {
      draft = JSON.parse(localStorage.getItem(this.key) ?? "null") as Draft | null;
    } catch {
      return;
    }
    if (!draft?.entries || JSON.stringify(draft.entries) === this.first) return;
    this.fill(draft.entries);
    const version = this.form.querySelector<HTMLInputElement>("input[name=_version]");
    if (version && draft.version) version.value = this.form.dataset["version"] = draft.version;
    const at = new Date(draft.at);
    const today = at.toDateString() === new Date().toDateString();
    const when = new Intl.DateTimeFormat(locale, today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" }).format(at);
    void textsLoaded.then(() => {
      const words = this.form.querySelector("[data-draft-text]");
      if (words) words.textContent = say("This is your draft of {when}; it is not saved yet.", { when });
      this.bar(true);
    });
  }

  private fill(entries: Kept[]): void {
    const by = new Map<string, Kept[]>();
    for (const entry of entries) by.set(entry[0], [...(by.get(entry[0]) ?? []), entry]);
    for (const control of this.form.elements) {
      if (!(control instanceof HTMLInputElement || control instanceof HTMLSelectElement || control instanceof HTMLTextAreaElement)) continue;
      if (!control.name || control.name.startsWith("_") || OWN.includes(control.name)) continue;
      const mine = by.get(control.name) ?? [];
      const values = mine.map((e) => e[1]);
      if (control instanceof HTMLInputElement && (control.type === "checkbox" || control.type === "radio")) control.checked = values.includes(control.value);
      else if (control instanceof HTMLInputElement && (control.type === "file" || control.type === "hidden")) continue;
      else if (control instanceof HTMLSelectElement) {
        for (const [, value, label] of mine) {
          if (![...control.options].some((o) => o.value === value)) control.add(new Option(label ?? value, value));
        }
        for (const option of control.options) option.selected = values.includes(option.value);
      } else control.value = values[0] ?? "";
    }
    this.fillFiles(by);
    this.redraw();
  }

  /** Files uploaded for the draft lie on the server already. */
  private fillFiles(by: Map<string, Kept[]>): void {
    for (const list of this.form.querySelectorAll<HTMLElement>("[data-files]")) {
      const name = list.closest<HTMLElement>("[data-field]")?.dataset["field"] ?? "";
      for (const [, value, label] of by.get(name) ?? []) {
        if (!list.querySelector(`input[value="${CSS.escape(value)}"]`)) list.dispatchEvent(new CustomEvent("files:add", { detail: { id: value, name: label ?? value } }));
      }
    }
  }

  private discard(): void {
    try { localStorage.removeItem(this.key); } catch { /* as above */ }
    clearTimeout(this.timer);
    this.timer = 0;
    this.off = true;
    location.reload(); // with what is stored now
  }

  private bar(shown: boolean): void {
    const bar = this.form.querySelector<HTMLElement>("[data-draft]");
    if (bar) bar.hidden = !shown;
  }
}
