// A record's form: checked while one types, kept as a draft, saved without leaving the page before it is really saved.
import { watchPickers } from "./combobox";
import { why } from "./combobox_create";
import { Drafts } from "./draft";
import { complainAbove, showAsTyped, showProblems, type Wrong } from "./form_problems";
import { send } from "./form_session";
import { uploading, watchUploads } from "./form_uploads";
import { ask } from "./server";
import { say, textsLoaded } from "./texts";
import { complain, toast } from "./toasts";

const PAUSE = 500; // milliseconds of quiet before a form is checked

export function watchForm(form: HTMLFormElement): void {
  new RecordForm(form);
}

class RecordForm {
  private touched = new Set<string>();
  private timer = 0;
  private asked = 0;
  private saving = false;
  private drafts: Drafts;

  constructor(private form: HTMLFormElement) {
    watchUploads(form);
    this.drafts = new Drafts(form, () => this.redraw());
    void textsLoaded.then(() => watchPickers(form)); // their buttons are named in the reader's language
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.save(event.submitter as HTMLButtonElement | null);
    });
    form.addEventListener("input", (event) => this.typed(event, PAUSE));
    form.addEventListener("change", (event) => this.typed(event, 0));
    form.addEventListener("focusout", (event) => this.left(event));
    form.querySelector("[data-cancel]")?.addEventListener("click", () => this.drafts.drop());
    document.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || (event.key !== "s" && event.key !== "Enter") || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      if (form.isConnected) form.requestSubmit();
    });
    if (form.querySelector("[data-clashes]")) form.querySelector<HTMLElement>("[data-clashes]")?.focus();
    else if (!form.querySelector<HTMLElement>("[data-summary]")?.hidden) form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
    else if (!form.dataset["record"] && matchMedia("(pointer: fine)").matches) form.querySelector<HTMLElement>(".form-group input:not([type=hidden])")?.focus();
  }

  private redraw(): void {
    for (const select of this.form.querySelectorAll("select[data-picker]")) select.dispatchEvent(new Event("picker:redraw"));
  }

  // ------------------------------------------------------------------ checking

  private typed(event: Event, wait: number): void {
    const place = (event.target as Element).closest<HTMLElement>("[data-field]");
    if (!place) return;
    this.note("");
    // while a value is half typed it is not called wrong; once it was, it is called right as soon as it is
    if (event.type === "change" || place.hasAttribute("data-wrong") || place.querySelector("[aria-invalid=true]")) this.touch(place, wait);
  }

  private left(event: FocusEvent): void {
    const place = (event.target as Element).closest<HTMLElement>("[data-field]");
    if (!place || place.contains(event.relatedTarget as Node | null)) return;
    const next = event.relatedTarget as Element | null;
    if (!next || next.closest("[data-save], [data-cancel]")) return; // saving asks anyway
    this.touch(place, 0);
  }

  private touch(place: HTMLElement, wait: number): void {
    this.touched.add(place.dataset["field"] ?? "");
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.check(), wait);
  }

  private async check(): Promise<void> {
    const mine = ++this.asked;
    const data = new FormData(this.form);
    for (const [name, value] of [...data]) if (typeof value !== "string") data.delete(name);
    const sent = await send(`/${this.form.dataset["form"]}/check`, data);
    if (mine !== this.asked || this.saving || sent.outcome !== "saved") return; // it is asked again when it is saved
    showAsTyped(this.form, sent.body.problems as Wrong[], this.touched);
  }

  // ------------------------------------------------------------------ saving

  private async save(submitter: HTMLButtonElement | null): Promise<void> {
    if (this.saving) return;
    if (uploading()) {
      toast(say("Files are still on their way; save again in a moment."));
      return;
    }
    clearTimeout(this.timer);
    this.asked++;
    this.busy(true);
    const data = new FormData(this.form);
    if (submitter?.name) data.set(submitter.name, submitter.value);
    const sent = await send(this.form.action, data);
    if (sent.outcome === "saved") {
      this.drafts.drop();
      location.assign(String(sent.body.location));
      return;
    }
    this.busy(false);
    if (sent.outcome === "problems") {
      const problems = sent.body.problems as Wrong[];
      for (const problem of problems) this.touched.add(problem.field);
      showProblems(this.form, problems, true);
    } else if (sent.outcome === "clash") this.replace(sent.text);
    else complainAbove(this.form, why(sent.outcome, sent.text));
  }

  /** The form as the server sent it back, with what both sides changed. */
  private replace(html: string): void {
    const page = new DOMParser().parseFromString(html, "text/html");
    const form = page.querySelector<HTMLFormElement>("#record-form");
    if (!form) {
      complainAbove(this.form, why("refused", ""));
      return;
    }
    this.drafts.drop(); // the new form begins a draft of its own
    this.form.replaceWith(document.adoptNode(form));
    watchForm(form);
  }

  private busy(on: boolean): void {
    this.saving = on;
    for (const button of this.form.querySelectorAll<HTMLButtonElement>(".form-bar button")) button.setAttribute("aria-disabled", String(on));
    this.note(on ? say("Saving…") : "");
  }

  private note(text: string): void {
    const place = this.form.querySelector("[data-note]");
    if (place && place.textContent !== text) place.textContent = text;
  }
}

/** After "Save and new": what was saved, with a way back. */
export function tellSaved(): void {
  const note = document.querySelector<HTMLElement>("[data-saved]");
  const form = note?.querySelector("form");
  if (!note || !form) return;
  const address = new URL(location.href);
  for (const name of ["_saved", "_done"]) address.searchParams.delete(name);
  history.replaceState(history.state, "", address); // a reload tells no old news
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask("POST", "/api/undo", { data: { type: "undo", attributes: { transaction: note.dataset["transaction"] } } })
      .then(() => { note.remove(); toast(say("Undone.")); })
      .catch(complain);
  });
}
