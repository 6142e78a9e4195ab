// How wide columns are, and where the pinned ones stand. Widths stand in the address; a style sheet of our own applies them,
// since the page's policy forbids style attributes.
import type { AppGrid } from "./grid";

const LEAST = 48;
const MOST = 1200;
const STEP = 16; // pixels by a key

export class Widths {
  private sheet = new CSSStyleSheet();
  private wide = new Map<string, number>();
  private timer = 0;

  constructor(private grid: AppGrid) {
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, this.sheet];
    grid.addEventListener("pointerdown", (event) => this.pull(event));
    grid.addEventListener("keydown", (event) => this.key(event));
  }

  /** From the address, to the page. */
  apply(): void {
    this.wide.clear();
    for (const pair of (this.grid.dataset["widths"] ?? "").split(",")) {
      const [name = "", pixels = ""] = pair.split(":");
      if (Number(pixels) >= LEAST && Number(pixels) <= MOST) this.wide.set(name, Number(pixels));
    }
    for (const head of this.heads()) {
      if (head.querySelector(".resizer")) continue;
      const handle = document.createElement("span");
      handle.className = "resizer";
      head.append(handle);
    }
    this.draw();
  }

  private heads(): HTMLTableCellElement[] {
    return [...this.grid.querySelectorAll<HTMLTableCellElement>("th[data-name]")];
  }

  private draw(): void {
    const rules: string[] = [];
    for (const head of this.heads()) {
      const pixels = this.wide.get(head.dataset["name"] ?? "");
      if (pixels) rules.push(`.grid-table :is(th,td):nth-child(${head.cellIndex + 1}){width:${pixels}px;min-width:${pixels}px;max-width:${pixels}px;overflow:hidden;text-overflow:ellipsis}`);
    }
    this.sheet.replaceSync(`@media (min-width:721px){${rules.join("")}}`);
    const pinned = this.heads().filter((h) => h.classList.contains("pin")).slice(0, -1);
    let at = 40;
    const stands = pinned.map((head) => {
      at += head.getBoundingClientRect().width;
      return `.grid-table .pin:nth-child(${head.cellIndex + 2}){inset-inline-start:${at}px}`;
    });
    if (stands.length) this.sheet.replaceSync(`@media (min-width:721px){${rules.join("")}${stands.join("")}}`);
  }

  private set(head: HTMLTableCellElement, pixels: number): void {
    this.wide.set(head.dataset["name"] ?? "", Math.round(Math.max(LEAST, Math.min(MOST, pixels))));
    this.draw();
  }

  private keep(): void {
    const url = new URL(this.grid.here, location.href);
    url.searchParams.set("widths", [...this.wide].map(([name, pixels]) => `${name}:${pixels}`).join(","));
    void this.grid.load(url.pathname + url.search.replace(/%5B/g, "[").replace(/%5D/g, "]").replace(/%2C/g, ",").replace(/%3A/g, ":"), "replace");
  }

  private pull(start: PointerEvent): void {
    const handle = (start.target as Element).closest<HTMLElement>(".resizer");
    const head = handle?.closest("th");
    if (!handle || !head) return;
    start.preventDefault();
    handle.setPointerCapture(start.pointerId);
    handle.classList.add("pulled");
    const width = head.getBoundingClientRect().width;
    const rtl = getComputedStyle(head).direction === "rtl" ? -1 : 1;
    const move = (event: PointerEvent): void => this.set(head, width + (event.clientX - start.clientX) * rtl);
    handle.addEventListener("pointermove", move);
    handle.addEventListener("lostpointercapture", () => {
      handle.removeEventListener("pointermove", move);
      handle.classList.remove("pulled");
      this.keep();
    }, { once: true });
  }

  private key(event: KeyboardEvent): void {
    const head = (event.target as Element).closest<HTMLTableCellElement>("th[data-name]");
    if (!head || !event.shiftKey || (event.key !== "ArrowLeft" && event.key !== "ArrowRight")) return;
    event.preventDefault();
    this.set(head, head.getBoundingClientRect().width + (event.key === "ArrowRight" ? STEP : -STEP));
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.keep(), 500);
  }
}
