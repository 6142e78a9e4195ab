// Which records are selected: by check box, with shift a range, by Space on a row, or all that match. And copying them as
// cells of a spreadsheet.
import type { AppGrid } from "./grid";
import { locale, say } from "./texts";
import { toast } from "./toasts";

export const MOST = 200; // records one can select one by one: as many as a filter's list may hold

export class Picking {
  readonly ids = new Set<string>();
  everything = false;
  private last = "";
  private filters = "";

  constructor(private grid: AppGrid) {
    grid.addEventListener("click", (event) => this.click(event));
    grid.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("copy", (event) => this.copied(event));
  }

  get count(): number {
    return this.everything ? Number(this.grid.dataset["total"] ?? 0) : this.ids.size;
  }

  clear(): void {
    this.ids.clear();
    this.everything = false;
    this.apply();
  }

  /** All records that the filters mean, on whatever page. */
  takeEverything(): void {
    this.everything = true;
    for (const box of this.boxes()) this.ids.add(box.value);
    this.apply();
  }

  /** Show it: boxes, rows, the bar. Other filters mean other records, so they begin with none. */
  apply(): void {
    const filters = this.grid.dataset["filters"] ?? "";
    if (filters !== this.filters) {
      this.filters = filters;
      this.ids.clear();
      this.everything = false;
    }
    const boxes = this.boxes();
    for (const box of boxes) {
      if (this.everything) this.ids.add(box.value);
      const on = this.everything || this.ids.has(box.value);
      box.checked = on;
      const row = box.closest("tr");
      if (on) row?.setAttribute("aria-selected", "true");
      else row?.removeAttribute("aria-selected");
    }
    const all = this.grid.querySelector<HTMLInputElement>("[data-all]");
    const here = boxes.filter((b) => b.checked).length;
    if (all) {
      all.checked = boxes.length > 0 && here === boxes.length;
      all.indeterminate = here > 0 && here < boxes.length;
    }
    const bar = this.grid.querySelector<HTMLElement>("[data-bulk]");
    const count = bar?.querySelector("[data-bulk-count]");
    if (!bar || !count) return;
    bar.hidden = this.count === 0;
    const text = say("{count} selected", { count: this.count.toLocaleString(locale) });
    if (count.textContent !== text) count.textContent = text;
  }

  private boxes(): HTMLInputElement[] {
    return [...this.grid.querySelectorAll<HTMLInputElement>("tbody .select-cell input")];
  }

  private click(event: MouseEvent): void {
    const box = event.target as HTMLInputElement;
    if (!box.matches(".select-cell input")) return;
    this.everything = false;
    const boxes = this.boxes();
    if ("all" in box.dataset) {
      for (const one of boxes) this.mark(one.value, box.checked);
    } else if (event.shiftKey && this.last) {
      const from = boxes.findIndex((b) => b.value === this.last);
      const to = boxes.indexOf(box);
      for (const one of boxes.slice(Math.min(from, to), Math.max(from, to) + 1)) this.mark(one.value, box.checked);
    } else {
      this.mark(box.value, box.checked);
    }
    this.last = box.value;
    this.apply();
  }

  private mark(id: string, on: boolean): void {
    if (!on) this.ids.delete(id);
    else if (this.ids.size < MOST) this.ids.add(id);
    else toast(say("At most {max} records can be selected one by one; select all that match instead.", { max: MOST }), { bad: true });
  }

  private key(event: KeyboardEvent): void {
    const cell = (event.target as Element).closest<HTMLTableCellElement>("tbody td, thead th");
    if (!cell || event.defaultPrevented) return;
    const row = cell.closest("tr");
    const control = event.ctrlKey || event.metaKey;
    if (event.key === " ") {
      event.preventDefault();
      row?.querySelector<HTMLInputElement>(".select-cell input")?.click();
    } else if (event.key.toLowerCase() === "a" && control) {
      event.preventDefault();
      for (const box of this.boxes()) this.mark(box.value, true);
      this.apply();
    } else if (event.shiftKey && (event.key === "ArrowDown" || event.key === "ArrowUp") && cell.tagName === "TD") {
      event.preventDefault();
      const to = this.grid.walking.step(cell, event.key === "ArrowDown" ? 1 : -1, 0);
      for (const one of [cell, to]) {
        const box = one?.closest("tr")?.querySelector<HTMLInputElement>("tbody .select-cell input");
        if (box) this.mark(box.value, true);
      }
      this.apply();
      this.grid.walking.focus(to);
    } else if (event.key === "Escape" && this.count) {
      this.clear();
    }
  }

  private copied(event: ClipboardEvent): void {
    const writing = (document.activeElement as Element | null)?.matches("input:not([type=checkbox]), textarea");
    if (writing || String(document.getSelection()) || !event.clipboardData) return;
    const cells = this.cells();
    if (!cells.length) return;
    event.preventDefault();
    event.clipboardData.setData("text/plain", plain(cells));
    event.clipboardData.setData("text/html", marked(cells));
    this.told(cells);
  }

  /** The button's way, for whoever has no keyboard. */
  async copy(): Promise<void> {
    const cells = this.cells();
    await navigator.clipboard.write([new ClipboardItem({
      "text/plain": new Blob([plain(cells)], { type: "text/plain" }),
      "text/html": new Blob([marked(cells)], { type: "text/html" }),
    })]);
    this.told(cells);
  }

  private told(cells: string[][]): void {
    toast(cells.length > 1 ? say("{count} rows copied", { count: cells.length - 1 }) : say("Copied"));
  }

  /** The selected rows of this page below their heads; the cell one is in when none is selected. */
  private cells(): string[][] {
    const rows = [...this.grid.querySelectorAll<HTMLTableRowElement>("tbody tr[aria-selected]")];
    const head = this.grid.querySelector<HTMLTableRowElement>("thead tr");
    if (rows.length && head) return [[...head.cells].slice(1).map((c) => c.querySelector("a, span")?.firstChild?.textContent?.trim() ?? ""), ...rows.map((r) => [...r.cells].slice(1).map(value))];
    const cell = (document.activeElement as Element | null)?.closest<HTMLTableCellElement>("tbody td");
    return cell && this.grid.contains(cell) ? [[value(cell)]] : [];
  }
}

const group = new Intl.NumberFormat(locale).formatToParts(1234567).find((p) => p.type === "group")?.value ?? ",";

/** A cell's text as a spreadsheet takes it: numbers bare, nothing that would be a formula. */
function value(cell: HTMLTableCellElement): string {
  const parts = cell.querySelectorAll(".tag").length > 1 ? [...cell.querySelectorAll(".tag")].map((t) => t.textContent ?? "") : null;
  const title = cell.querySelector(".title");
  const text = (parts?.join(", ") ?? (title ?? cell).textContent ?? "").replace(/\s+/g, " ").trim();
  if (cell.classList.contains("number")) return text.split(group).join("").replace("−", "-").replace(/[^\d.,-]/g, "");
  return /^[=+@-]/.test(text) && !/^\+[\d ()/-]+$/.test(text) ? `'${text}` : text;
}

const plain = (cells: string[][]): string => cells.map((row) => row.join("\t")).join("\n");

function marked(cells: string[][]): string {
  const table = document.createElement("table");
  for (const row of cells) {
    const line = table.insertRow();
    for (const text of row) line.insertCell().textContent = text;
  }
  return table.outerHTML;
}
