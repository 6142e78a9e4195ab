// A combobox for picking records, made of a plain <select data-picker="accounts"> (WAI-ARIA 1.2, list autocomplete). The select
// stays, hidden, as what holds the value: forms, drafts and other scripts read and change it as ever and get its "change"
// events; after changing it by script, dispatch "picker:redraw" on it. `data-create="Account"` offers to make a record that is
// missing; `multiple` picks several, shown as chips.
import { createRecord } from "./combobox_create";
import { say } from "./texts";

const PAUSE = 140; // milliseconds of quiet before the server is asked
let number = 0;

/** Make comboboxes of all such selects inside; those that are ones already are left alone. */
export function watchPickers(root: ParentNode): void {
  for (const select of root.querySelectorAll<HTMLSelectElement>("select[data-picker]:not([data-picked])")) new Picker(select);
}

export class Picker {
  private box = document.createElement("div");
  private input = document.createElement("input");
  private list = document.createElement("ul");
  private clear = document.createElement("button");
  private told = document.createElement("span");
  private many: boolean;
  private name: string;
  private timer = 0;
  private asked = 0;
  private typing = false;

  constructor(private select: HTMLSelectElement) {
    const id = select.id || `picker-${++number}`;
    this.many = select.multiple;
    for (const option of select.options) option.text = option.dataset["label"] ?? option.text; // without what tells it apart in a plain list
    select.dataset["picked"] = "1";
    select.hidden = true;
    select.removeAttribute("id");
    this.box.className = "picker";
    this.list.id = `${id}-list`;
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    const { input } = this;
    input.id = id;
    input.type = "text";
    input.autocomplete = "off";
    input.spellcheck = false;
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", this.list.id);
    for (const attribute of ["aria-describedby", "aria-invalid", "aria-required", "aria-label"]) {
      const value = select.getAttribute(attribute);
      if (value) input.setAttribute(attribute, value);
    }
    const label = document.querySelector(`label[for="${CSS.escape(id)}"]`);
    this.name = (label?.firstChild?.textContent ?? select.getAttribute("aria-label") ?? "").trim();
    this.list.setAttribute("aria-label", this.name);
    this.clear.type = "button";
    this.clear.className = "clear";
    this.clear.append(cross());
    this.told.className = "unseen";
    this.told.setAttribute("aria-live", "polite");
    select.before(this.box);
    this.box.append(input, this.clear, this.list, this.told, select);
    this.listen();
    this.redraw();
  }

  private listen(): void {
    const { input } = this;
    input.addEventListener("input", (event) => {
      event.stopPropagation(); // what is typed to search is nothing typed into the form
      this.typing = true;
      this.later();
    });
    input.addEventListener("click", () => { if (this.list.hidden) this.later(0); });
    input.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("focusout", (event) => {
      if (this.box.contains(event.relatedTarget as Node | null)) return;
      this.close();
      this.redraw();
    });
    this.clear.addEventListener("click", () => {
      this.set("");
      input.focus();
    });
    this.list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
    this.list.addEventListener("click", (event) => {
      const option = (event.target as Element).closest<HTMLElement>("[role=option]");
      if (option) this.take(option);
    });
    this.box.addEventListener("click", (event) => { if (event.target === this.box) input.focus(); });
    this.select.addEventListener("picker:redraw", () => this.redraw());
  }

  private get chosen(): HTMLOptionElement[] {
    return [...this.select.selectedOptions].filter((o) => o.value);
  }

  private redraw(): void {
    this.typing = false;
    for (const chip of this.box.querySelectorAll(".chip")) chip.remove();
    const { chosen } = this;
    if (this.many) {
      for (const option of chosen) this.input.before(this.chip(option));
      this.input.value = "";
    } else this.input.value = chosen[0]?.text ?? "";
    this.input.placeholder = chosen.length ? "" : say("Search…");
    this.clear.hidden = !chosen.length || this.many;
    this.clear.setAttribute("aria-label", say("Clear {field}", { field: this.name }));
  }

  private chip(option: HTMLOptionElement): HTMLElement {
    const chip = document.createElement("span");
    chip.className = "chip";
    const words = document.createElement("span");
    words.className = "cut";
    words.textContent = option.text;
    const drop = document.createElement("button");
    drop.type = "button";
    drop.className = "drop";
    drop.append(cross());
    drop.setAttribute("aria-label", say("Remove {name}", { name: option.text }));
    drop.addEventListener("click", () => {
      option.selected = false;
      this.changed();
      this.input.focus();
    });
    chip.append(words, drop);
    return chip;
  }

  // ------------------------------------------------------------------ the list

  private later(wait = PAUSE): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.open(), wait);
  }

  private async open(): Promise<void> {
    const text = this.typing ? this.input.value.trim() : "";
    const mine = ++this.asked;
    const words = new URLSearchParams({ q: text, id: this.list.id });
    if (this.select.dataset["create"]) words.set("create", "1");
    try {
      const answer = await fetch(`/${this.select.dataset["picker"]}/suggest?${words}`, { headers: { "HX-Request": "true", "HX-Request-Type": "partial" } });
      const html = await answer.text();
      if (mine !== this.asked || !this.box.contains(document.activeElement)) return; // somebody typed on, or went on
      if (!answer.ok) throw new Error(String(answer.status));
      this.list.innerHTML = html; // escaped by the server; script cannot run under our CSP
    } catch {
      const line = document.createElement("li");
      line.className = "caption";
      line.setAttribute("role", "presentation");
      line.textContent = say("The list cannot be loaded just now.");
      this.list.replaceChildren(line);
    }
    for (const option of this.options()) {
      const value = option.dataset["value"];
      if (this.many && value && this.chosen.some((o) => o.value === value)) option.remove();
    }
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.list.classList.toggle("above", this.tooLow());
    this.point(text ? this.options()[0] : undefined);
    this.told.textContent = this.options().length ? "" : (this.list.textContent ?? "").trim();
  }

  /** No room below, and more of it above? */
  private tooLow(): boolean {
    const box = this.box.getBoundingClientRect();
    const needed = Math.min(this.list.scrollHeight, 300) + 90;
    return innerHeight - box.bottom < needed && box.top > innerHeight - box.bottom;
  }

  private close(): void {
    clearTimeout(this.timer);
    this.asked++;
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  private options(): HTMLElement[] {
    return [...this.list.querySelectorAll<HTMLElement>("[role=option]")];
  }

  private pointed(): HTMLElement | undefined {
    return this.list.hidden ? undefined : this.options().find((o) => o.getAttribute("aria-selected") === "true");
  }

  private point(option: HTMLElement | undefined): void {
    for (const one of this.options()) one.setAttribute("aria-selected", String(one === option));
    if (option) {
      this.input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else this.input.removeAttribute("aria-activedescendant");
  }

  // ------------------------------------------------------------------ the keys

  private key(event: KeyboardEvent): void {
    const open = !this.list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) {
        this.later(0);
        return;
      }
      const options = this.options();
      const here = options.findIndex((o) => o === this.pointed());
      const next = event.key === "ArrowDown" ? here + 1 : here < 0 ? options.length - 1 : here - 1;
      this.point(options[(next + options.length) % options.length]);
    } else if (event.key === "Enter" && open) {
      event.preventDefault(); // and the form is not sent
      const option = this.pointed();
      if (option) this.take(option);
    } else if (event.key === "Escape" && (open || this.typing)) {
      event.preventDefault();
      event.stopPropagation(); // a dialog around it stays
      this.close();
      this.redraw();
    } else if (event.key === "Tab" && open) {
      const option = this.pointed();
      if (option?.dataset["value"] && this.typing) this.take(option, false);
    } else if (event.key === "Backspace" && !this.input.value && this.many) {
      const last = this.chosen.at(-1);
      if (!last) return;
      last.selected = false;
      this.changed();
    } else if ((event.key === "Delete" || event.key === "Backspace") && !this.many && this.chosen.length && this.whole()) {
      event.preventDefault();
      this.set("");
    }
  }

  /** Is all of the name selected? */
  private whole(): boolean {
    const { selectionStart, selectionEnd, value } = this.input;
    return !this.typing && selectionStart === 0 && selectionEnd === value.length;
  }

  // ------------------------------------------------------------------ the value

  private take(option: HTMLElement, stay = true): void {
    const wanted = option.dataset["create"];
    this.close();
    if (wanted !== undefined) {
      void createRecord(this.select.dataset["picker"] ?? "", wanted, this.select.dataset["create"] ?? "").then((made) => {
        if (made) this.set(made.id, made.title);
        else this.redraw();
        this.input.focus();
      });
      return;
    }
    this.set(option.dataset["value"] ?? "", option.dataset["label"] ?? "");
    if (stay) this.input.focus();
  }

  private set(value: string, label = ""): void {
    const { select } = this;
    let option = [...select.options].find((o) => o.value === value);
    if (!option) {
      option = new Option(label, value);
      select.add(option);
    }
    if (label) option.text = label; // without what tells it apart in the list
    if (this.many) option.selected = true;
    else select.value = value;
    this.changed();
  }

  private changed(): void {
    this.redraw();
    this.select.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function cross(): SVGElement {
  const sprite = (document.querySelector("svg.icon use")?.getAttribute("href") ?? "").split("#")[0] ?? "";
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  icon.setAttribute("class", "icon icon-small");
  icon.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#x`);
  icon.append(use);
  return icon;
}
