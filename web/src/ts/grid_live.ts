// What others do meanwhile: rows are read anew when that disturbs nobody, else a quiet button says how much there is to see.
import type { AppGrid } from "./grid";
import { button, own } from "./grid_edit";
import type { News } from "./live";
import { say } from "./texts";

const QUIET = 400; // milliseconds without news before rows are read anew
const OWN = 5_000; // milliseconds in which news of a record are those of one's own change

export class Following {
  private waiting = new Set<string>();
  private timer = 0;

  constructor(private grid: AppGrid) {
    grid.addEventListener("live:changed", (event) => this.hear((event as CustomEvent<News>).detail));
    document.addEventListener("visibilitychange", () => this.later());
  }

  private hear(news: News): void {
    const mine = own.get(news.id ?? "") ?? 0;
    if (Date.now() - mine < OWN) return;
    this.waiting.add(news.id ?? "all");
    this.later();
  }

  private get disturbing(): boolean {
    const writing = document.activeElement?.closest("#filters input, #filters select");
    return this.grid.editing.active || this.grid.picking.count > 0 || Boolean(this.grid.sheet || writing || document.querySelector("dialog[open], app-grid details[open]"));
  }

  private later(): void {
    clearTimeout(this.timer);
    if (this.waiting.size && !document.hidden) this.timer = window.setTimeout(() => void this.show(), QUIET);
  }

  private async show(): Promise<void> {
    if (!this.disturbing) {
      this.waiting.clear();
      return this.grid.reload();
    }
    const place = this.grid.querySelector("[data-news]");
    const count = this.waiting.size;
    place?.replaceChildren(button(count === 1 ? say("1 change: show") : say("{count} changes: show", { count }), () => {
      this.waiting.clear();
      return this.grid.reload();
    }));
  }
}
