// The search field at the top: a combobox whose sheet shows hits while one types, and before that the records seen last and
// what can be done. The server renders the hits; without script the field is a plain form that leads to /search.
import { Refused } from "./server";
import { say } from "./texts";
import { complain } from "./toasts";
import { visits } from "./visits";

const PAUSE = 110; // milliseconds of quiet before the server is asked

export function watchFinder(): void {
  const form = document.querySelector<HTMLFormElement>("[data-finder]");
  const input = form?.querySelector<HTMLInputElement>("input[name=q]");
  if (form && input) new Finder(form, input);
}

class Finder {
  private sheet: HTMLElement;
  private timer = 0;
  private asked = 0;
  private shown = "";

  constructor(private form: HTMLFormElement, private input: HTMLInputElement) {
    this.sheet = document.createElement("div");
    this.sheet.className = "finder-sheet";
    this.sheet.hidden = true;
    form.append(this.sheet);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.addEventListener("input", () => this.later());
    input.addEventListener("focus", () => this.later(0));
    input.addEventListener("keydown", (event) => this.key(event));
    form.addEventListener("focusout", (event) => {
      if (!form.contains(event.relatedTarget as Node | null)) this.close();
    });
    this.sheet.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
    form.addEventListener("submit", (event) => {
      const chosen = this.chosen();
      if (!chosen) return;
      event.preventDefault();
      this.go(chosen);
    });
  }

  private later(wait = PAUSE): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.show(), wait);
  }

  private async show(): Promise<void> {
    const text = this.input.value.trim();
    const number = ++this.asked;
    if (!text) {
      this.suggest();
      return;
    }
    if (text === this.shown && !this.sheet.hidden) return;
    try {
      const answer = await fetch(`/search?q=${encodeURIComponent(text)}`, { headers: { "HX-Request": "true", "HX-Request-Type": "partial" } });
      const html = await answer.text();
      if (number !== this.asked || document.activeElement !== this.input) return; // somebody typed on
      if (!answer.ok) return complain(new Refused(answer.status, [], ""));
      this.sheet.innerHTML = html; // the server escaped what people wrote; script cannot run under our CSP
      this.shown = text;
      this.open();
    } catch {
      this.close(); // the bar says that the box is away
    }
  }

  /** Before anything is typed: what was seen last, and what the "New" menu and the account menu offer. */
  private suggest(): void {
    this.shown = "";
    const list = document.createElement("div");
    list.id = "found";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", say("Suggestions"));
    const seen = visits().filter((v) => v.href !== location.pathname);
    if (seen.length) list.append(this.group(say("Seen last"), seen.map((v) => ({ href: v.href, label: v.title, icon: v.icon }))));
    const commands = [...document.querySelectorAll<HTMLAnchorElement>(".top [data-command]")].map((a) => ({
      href: a.getAttribute("href") ?? "/",
      label: a.dataset["command"] ?? a.textContent ?? "",
      icon: a.dataset["icon"] ?? "arrow-right",
    }));
    if (commands.length) list.append(this.group(say("Do"), commands));
    if (!list.children.length) return;
    this.sheet.replaceChildren(list);
    this.options().forEach((option, n) => { option.id = `found-hit-${n + 1}`; });
    this.open();
  }

  private group(label: string, entries: { href: string; label: string; icon: string }[]): HTMLElement {
    const group = document.createElement("div");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", label);
    const caption = document.createElement("p");
    caption.className = "caption";
    caption.setAttribute("role", "presentation");
    caption.textContent = label;
    group.append(caption);
    const sprite = (document.querySelector("svg.icon use")?.getAttribute("href") ?? "").split("#")[0] ?? "";
    for (const entry of entries) {
      const option = document.createElement("a");
      option.className = "entry";
      option.href = entry.href;
      option.tabIndex = -1;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      icon.setAttribute("class", "icon");
      icon.setAttribute("aria-hidden", "true");
      const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
      use.setAttribute("href", `${sprite}#${entry.icon}`);
      icon.append(use);
      const words = document.createElement("span");
      words.className = "cut";
      words.textContent = entry.label;
      option.append(icon, words);
      group.append(option);
    }
    return group;
  }

  private options(): HTMLAnchorElement[] {
    return [...this.sheet.querySelectorAll<HTMLAnchorElement>("[role=option]")];
  }

  private chosen(): HTMLAnchorElement | undefined {
    return this.sheet.hidden ? undefined : this.options().find((o) => o.getAttribute("aria-selected") === "true");
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      if (this.sheet.hidden) this.input.blur();
      this.close();
      event.preventDefault();
      return;
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    if (this.sheet.hidden) {
      this.later(0);
      return;
    }
    const options = this.options();
    const here = options.findIndex((o) => o.getAttribute("aria-selected") === "true");
    const step = event.key === "ArrowDown" ? 1 : -1;
    const next = options[(here + step + options.length) % options.length];
    for (const option of options) option.setAttribute("aria-selected", String(option === next));
    if (!next) return;
    next.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", next.id);
  }

  private go(option: HTMLAnchorElement): void {
    location.assign(option.href);
  }

  private open(): void {
    this.sheet.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.input.setAttribute("aria-controls", "found");
    this.input.removeAttribute("aria-activedescendant");
  }

  private close(): void {
    clearTimeout(this.timer);
    this.asked++;
    this.sheet.hidden = true;
    this.shown = "";
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-controls");
    this.input.removeAttribute("aria-activedescendant");
  }
}
