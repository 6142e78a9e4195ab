// One stop of the Tab key for the whole table; arrows walk its cells. The current cell is remembered by record and column,
// so that it is found again after the rows were read anew.
import type { AppGrid } from "./grid";

const PAGE = 10; // rows that PageUp and PageDown go

export class Walking {
  private row = ""; // a record's row id, or empty for the head
  private column = 1;
  private had = false;

  constructor(private grid: AppGrid) {
    grid.addEventListener("keydown", (event) => this.key(event));
    grid.addEventListener("click", (event) => {
      const cell = (event.target as Element).closest<HTMLTableCellElement>("tbody td");
      if (cell && !(event.target as Element).closest("a, input")) this.focus(cell);
    });
    grid.addEventListener("focusin", (event) => {
      const cell = (event.target as Element).closest<HTMLTableCellElement>("td, th");
      this.had = Boolean(cell);
      if (cell) this.remember(cell);
    });
    grid.addEventListener("focusout", (event) => {
      if (event.relatedTarget) this.had = grid.contains(event.relatedTarget as Node) && this.had;
    });
  }

  get rows(): HTMLTableRowElement[] {
    return [...this.grid.querySelectorAll<HTMLTableRowElement>("thead tr, tbody tr")];
  }

  /** The cell one is in; the first of the rows when one was nowhere yet. */
  current(): HTMLTableCellElement | undefined {
    const rows = this.rows;
    const row = rows.find((r) => r.id === this.row && (this.row || r.parentElement?.tagName === "THEAD")) ?? rows[1] ?? rows[0];
    const found = row?.cells[Math.min(this.column, row.cells.length - 1)];
    return found && !seen(found) && row?.id ? row.cells[1] : found;
  }

  apply(): void {
    const inside = this.grid.querySelector("table");
    if (!inside) return;
    for (const link of inside.querySelectorAll<HTMLElement>("a, input")) link.tabIndex = -1;
    if (!this.row && !this.had) this.row = this.rows[1]?.id ?? "";
    const cell = this.current();
    if (!cell) return;
    cell.tabIndex = 0;
    if (this.had && (!document.activeElement || document.activeElement === document.body)) cell.focus({ preventScroll: true });
  }

  focus(cell: HTMLTableCellElement | undefined): void {
    if (!cell) return;
    this.remember(cell);
    cell.focus();
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** The cell of a record in a column, wherever it is by now. */
  cell(row: string, name: string): HTMLTableCellElement | undefined {
    const head = this.grid.querySelector<HTMLTableCellElement>(`th[data-name="${CSS.escape(name)}"]`);
    const found = this.grid.querySelector<HTMLTableRowElement>(`#${CSS.escape(row)}`);
    return head ? found?.cells[head.cellIndex] : undefined;
  }

  head(cell: HTMLTableCellElement): HTMLElement | undefined {
    return this.rows[0]?.cells[cell.cellIndex];
  }

  step(cell: HTMLTableCellElement, down: number, across: number): HTMLTableCellElement | undefined {
    const rows = this.rows;
    const at = rows.indexOf(cell.parentElement as HTMLTableRowElement);
    const row = rows[Math.max(0, Math.min(rows.length - 1, at + down))];
    let place = Math.max(0, Math.min((row?.cells.length ?? 1) - 1, cell.cellIndex + across));
    while (across && row?.cells[place] && !seen(row.cells[place]!)) { // a card shows some of its cells only
      const next = place + (Math.abs(across) > 1 ? -Math.sign(across) : Math.sign(across));
      if (!row.cells[next]) return cell;
      place = next;
    }
    const found = row?.cells[place];
    return found && seen(found) ? found : cell;
  }

  private remember(cell: HTMLTableCellElement): void {
    for (const old of this.grid.querySelectorAll<HTMLElement>(":is(td, th)[tabindex='0']")) if (old !== cell) old.tabIndex = -1;
    cell.tabIndex = 0;
    this.row = (cell.parentElement as HTMLTableRowElement).id;
    this.column = cell.cellIndex;
  }

  private key(event: KeyboardEvent): void {
    const cell = (event.target as Element).closest<HTMLTableCellElement>("tbody td, thead th");
    if (!cell || event.defaultPrevented || event.altKey) return;
    const control = event.ctrlKey || event.metaKey;
    const rtl = getComputedStyle(this.grid).direction === "rtl" ? -1 : 1;
    const head = cell.tagName === "TH";
    let to: HTMLTableCellElement | undefined;
    if (event.shiftKey && event.key.startsWith("Arrow")) return; // widths and ranges have these
    switch (event.key) {
      case "ArrowDown": to = this.step(cell, 1, 0); break;
      case "ArrowUp": to = this.step(cell, -1, 0); break;
      case "ArrowRight": to = this.step(cell, 0, rtl); break;
      case "ArrowLeft": to = this.step(cell, 0, -rtl); break;
      case "Home": to = this.step(cell, control ? -9999 : 0, -9999); break;
      case "End": to = this.step(cell, control ? 9999 : 0, 9999); break;
      case "PageDown": to = this.step(cell, PAGE, 0); break;
      case "PageUp": to = this.step(cell, -PAGE, 0); break;
      case "Enter":
        event.preventDefault();
        if (head || control) this.follow(cell, event.shiftKey);
        else if (!this.grid.editing.begin(cell)) this.follow(cell, false);
        return;
      case "F2":
        event.preventDefault();
        this.grid.editing.begin(cell);
        return;
      default: return;
    }
    event.preventDefault();
    this.focus(to);
  }

  /** What a click on the cell's link, or on the record's title, would do; with shift that of a click with shift. */
  private follow(cell: HTMLTableCellElement, shift: boolean): void {
    const own = cell.querySelector<HTMLElement>("a, input") ?? cell.parentElement?.querySelector<HTMLElement>("a.title");
    own?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, shiftKey: shift })) && own instanceof HTMLInputElement && own.click();
  }
}

/** Is there anything of this cell on the page? */
const seen = (cell: HTMLElement): boolean => cell.getClientRects().length > 0;
