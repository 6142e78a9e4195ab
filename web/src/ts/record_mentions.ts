// Typing @ in a comment offers colleagues. The text keeps their names; the server makes mentions of them, with script or without.
import { ask } from "./server";
import { say } from "./texts";

const PAUSE = 120; // milliseconds of quiet before the server is asked
const TYPED = /(?:^|[\s(])@([\p{L}\p{N}'’-]*(?: [\p{L}\p{N}'’-]*)?)$/u;

interface Person {
  id: number;
  name: string;
}

export function watchMentions(): void {
  const sheet = new Sheet();
  document.addEventListener("input", (event) => {
    const field = event.target as HTMLElement;
    if (field.matches("textarea[data-mentions]")) sheet.typed(field as HTMLTextAreaElement);
  });
  document.addEventListener("keydown", (event) => sheet.key(event), true);
  document.addEventListener("focusout", () => sheet.close());
}

class Sheet {
  private place: HTMLElement | null = null;
  private field: HTMLTextAreaElement | null = null;
  private people: Person[] = [];
  private chosen = 0;
  private timer = 0;
  private asked = 0;

  typed(field: HTMLTextAreaElement): void {
    clearTimeout(this.timer);
    const found = TYPED.exec(field.value.slice(0, field.selectionStart));
    if (!found) {
      this.close();
      return;
    }
    this.timer = window.setTimeout(() => void this.offer(field, found[1] ?? ""), PAUSE);
  }

  private async offer(field: HTMLTextAreaElement, typed: string): Promise<void> {
    const number = ++this.asked;
    try {
      const { body } = await ask("GET", `${field.dataset["mentions"]}?q=${encodeURIComponent(typed)}`);
      if (number !== this.asked || document.activeElement !== field) return;
      this.people = body as Person[];
    } catch {
      this.people = [];
    }
    if (!this.people.length) {
      this.close();
      return;
    }
    this.field = field;
    this.chosen = 0;
    this.show();
  }

  private show(): void {
    const { field } = this;
    if (!field) return;
    if (!this.place) {
      this.place = document.createElement("div");
      this.place.className = "people-sheet";
      this.place.id = "people";
      this.place.setAttribute("role", "listbox");
      this.place.addEventListener("pointerdown", (event) => {
        event.preventDefault(); // the field keeps the focus
        const at = (event.target as Element).closest<HTMLElement>("[data-n]");
        if (at) this.take(Number(at.dataset["n"]));
      });
      document.body.append(this.place);
    }
    this.place.setAttribute("aria-label", say("Colleagues"));
    this.place.replaceChildren(...this.people.map((person, n) => {
      const option = document.createElement("div");
      option.className = "entry";
      option.id = `people-${n}`;
      option.dataset["n"] = String(n);
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", String(n === this.chosen));
      option.textContent = person.name;
      return option;
    }));
    const box = field.getBoundingClientRect();
    this.place.style.insetInlineStart = `${Math.max(8, box.left + scrollX)}px`;
    this.place.style.insetBlockStart = `${box.bottom + scrollY + 4}px`;
    field.setAttribute("aria-controls", "people");
    field.setAttribute("aria-activedescendant", `people-${this.chosen}`);
  }

  key(event: KeyboardEvent): void {
    if (!this.place || event.target !== this.field) return;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step) {
      this.chosen = (this.chosen + step + this.people.length) % this.people.length;
      this.show();
    } else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") this.take(this.chosen);
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private take(n: number): void {
    const { field } = this;
    const person = this.people[n];
    if (!field || !person) return;
    const end = field.selectionStart;
    const from = field.value.slice(0, end).lastIndexOf("@");
    field.setRangeText(`@${person.name} `, from, end, "end");
    // Two may be called alike: say whom this one means.
    const meant = document.createElement("input");
    meant.type = "hidden";
    meant.name = "mention";
    meant.value = String(person.id);
    field.form?.append(meant);
    this.close();
  }

  close(): void {
    clearTimeout(this.timer);
    this.asked++;
    this.place?.remove();
    this.place = null;
    this.field?.removeAttribute("aria-controls");
    this.field?.removeAttribute("aria-activedescendant");
  }
}
