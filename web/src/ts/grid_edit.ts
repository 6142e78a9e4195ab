// Editing a cell in place: the input stands over the cell, Enter and Tab save, Escape takes back. The version one has seen goes
// along, so that nobody's change is lost: when somebody was faster, the editor says who and asks.
import type { AppGrid } from "./grid";
import { fetchInput, readInput, readTyped } from "./grid_values";
import { ask, Refused } from "./server";
import { say } from "./texts";
import { complain, toast } from "./toasts";

interface Place { row: string; name: string; version: string; before: string }

export class Editing {
  private box: HTMLElement | null = null;
  private place: Place | null = null;
  private busy = false;

  constructor(private grid: AppGrid) {
    grid.addEventListener("dblclick", (event) => {
      const cell = (event.target as Element).closest<HTMLTableCellElement>("tbody td");
      if (cell && this.begin(cell)) event.preventDefault();
    });
    document.addEventListener("pointerdown", (event) => {
      if (this.box && !this.box.contains(event.target as Node)) void this.save();
    });
  }

  get active(): boolean { return this.box !== null; }

  /** False when this cell cannot be edited in place. */
  begin(cell: HTMLTableCellElement): boolean {
    const head = this.grid.walking.head(cell);
    if (!head || !("edits" in head.dataset) || cell.tagName !== "TD" || this.busy) return false;
    void this.open(cell, head.dataset["name"] ?? "");
    return true;
  }

  private async open(cell: HTMLTableCellElement, name: string): Promise<void> {
    this.busy = true;
    const row = (cell.parentElement as HTMLElement).id;
    try {
      const input = await fetchInput(this.grid.path, name, row.slice(1));
      const box = document.createElement("div");
      box.className = "editor";
      box.setAttribute("role", "group");
      box.append(input);
      document.body.append(box);
      this.box = box;
      this.place = { row, name, version: input.dataset["version"] ?? "", before: JSON.stringify(readInput(input)) };
      this.stand(cell);
      const control = input.querySelector<HTMLInputElement>("input, select, textarea");
      control?.focus();
      if (control instanceof HTMLInputElement && /text|number/.test(control.type)) control.select();
      box.addEventListener("keydown", (event) => this.key(event));
    } catch (error) {
      complain(error);
    }
    this.busy = false;
  }

  /** Over its cell, and inside the window. */
  private stand(cell: HTMLTableCellElement): void {
    if (!this.box) return;
    const at = cell.getBoundingClientRect();
    this.box.style.minWidth = `${Math.max(at.width, 180)}px`;
    const own = this.box.getBoundingClientRect();
    this.box.style.left = `${Math.max(8, Math.min(at.left - 1, innerWidth - own.width - 8))}px`;
    this.box.style.top = `${Math.max(8, Math.min(at.top - 4, innerHeight - own.height - 8))}px`;
  }

  private key(event: KeyboardEvent): void {
    const area = event.target instanceof HTMLTextAreaElement;
    if (event.key === "Escape") {
      event.preventDefault();
      this.close();
    } else if (event.key === "Enter" && !(area && event.shiftKey) && !(event.target instanceof HTMLButtonElement)) {
      event.preventDefault();
      void this.save();
    } else if (event.key === "Tab" && !this.box?.querySelector("button")) {
      event.preventDefault();
      void this.save(event.shiftKey ? -1 : 1);
    }
    event.stopPropagation();
  }

  private close(across = 0): void {
    const { row = "", name = "" } = this.place ?? {};
    this.box?.remove();
    this.box = this.place = null;
    const cell = this.grid.walking.cell(row, name);
    this.grid.walking.focus(cell && across ? this.grid.walking.step(cell, 0, across) : cell);
  }

  private async save(across = 0): Promise<void> {
    const input = this.box?.querySelector<HTMLElement>(".cell-input");
    if (!input || !this.place || this.busy) return;
    const { row, version, before } = this.place;
    if (JSON.stringify(readInput(input)) === before) return this.close(across);
    this.busy = true;
    let given: object = {};
    try {
      given = await readTyped(this.grid.path, input);
      await this.send(row, given, version);
      this.close(across);
    } catch (error) {
      if (error instanceof Refused && error.status === 412) await this.conflict(error, given);
      else if (error instanceof Refused && error.status >= 400 && error.problems.length) this.problem(error.message);
      else complain(error);
    }
    this.busy = false;
  }

  private async send(row: string, given: object, version: string): Promise<void> {
    const id = row.slice(1);
    const { headers } = await ask("PATCH", `/api/${this.grid.type}/${id}`, { data: { type: this.grid.type, id, ...given } }, { "If-Match": `"${version}"` });
    own.set(id, Date.now());
    await this.renew(id);
    const transaction = headers.get("Ingot-Transaction"); // none when nothing was different
    toast(say("Saved."), transaction ? { way: { label: say("Undo"), go: () => this.undo(id, transaction) } } : {});
  }

  private async undo(id: string, transaction: string): Promise<void> {
    try {
      await ask("POST", "/api/undo", { data: { type: "undo", attributes: { transaction } } });
      own.set(id, Date.now());
      await this.renew(id);
      toast(say("Undone."));
    } catch (error) {
      complain(error);
    }
  }

  private async past(id: string): Promise<{ transaction: string; actor: string } | undefined> {
    return (await ask("GET", `/api/${this.grid.type}/${id}/history`)).body?.data?.[0]?.attributes;
  }

  /** One row as it is now, in its place: sorting it away from under somebody's hands would help nobody. */
  async renew(id: string): Promise<void> {
    if (this.grid.querySelector("tfoot")) return this.grid.reload();
    const url = new URL(this.grid.here, location.href);
    url.pathname = `${this.grid.path}/rows`;
    url.searchParams.set("row", id);
    const answer = await fetch(url, { headers: { "HX-Request": "true", "HX-Request-Type": "partial" } });
    const holder = document.createElement("template");
    holder.innerHTML = await answer.text();
    const fresh = holder.content.querySelector("tr");
    const old = this.grid.querySelector(`#r${id}`);
    if (!fresh || !old || !answer.ok) return this.grid.reload();
    fresh.setAttribute("aria-rowindex", old.getAttribute("aria-rowindex") ?? "");
    old.replaceWith(fresh);
    this.grid.refresh();
  }

  private problem(text: string): HTMLElement | undefined {
    this.box?.querySelector(".problem")?.remove();
    const line = document.createElement("div");
    line.className = "problem";
    line.setAttribute("role", "alert");
    line.textContent = text;
    this.box?.append(line);
    this.box?.querySelector("[name=value]")?.setAttribute("aria-invalid", "true");
    return line;
  }

  /** Somebody was faster. Other fields than this one do not matter; for this one, who decides is the person here. */
  private async conflict(error: Refused, given: object): Promise<void> {
    const place = this.place;
    const meta = error.problems[0]?.meta as { version?: number; fields?: string[] } | undefined;
    if (!place || meta?.version === undefined) return complain(error);
    place.version = String(meta.version);
    if (!meta.fields?.includes(place.name)) {
      this.busy = false;
      return this.save();
    }
    const id = place.row.slice(1);
    const who = await this.past(id).then((p) => person(p?.actor ?? "")).catch(() => "");
    await this.renew(id);
    const value = this.grid.walking.cell(place.row, place.name)?.textContent?.trim() ?? "";
    const line = this.problem(say("{who} changed this to “{value}” meanwhile.", { who: who || say("Somebody"), value }));
    const row = document.createElement("div");
    row.className = "row";
    row.append(
      button(say("Keep mine"), async () => {
        row.remove();
        try {
          await this.send(place.row, given, place.version);
          this.close();
        } catch (again) {
          complain(again);
        }
      }),
      button(say("Take theirs"), () => this.close()),
    );
    line?.after(row);
    row.querySelector("button")?.focus();
  }
}

/** Records this page changed itself, and when: news of them are none. */
export const own = new Map<string, number>();

async function person(actor: string): Promise<string> {
  const id = actor.startsWith("user:") ? actor.slice(5) : "";
  return id ? ((await ask("GET", `/api/users/${id}`)).body?.data?.attributes?.name ?? "") : "";
}

export function button(label: string, go: () => void | Promise<void>, tone = ""): HTMLButtonElement {
  const found = document.createElement("button");
  found.type = "button";
  found.className = `button small ${tone}`;
  found.textContent = label;
  found.addEventListener("click", () => void go());
  return found;
}
