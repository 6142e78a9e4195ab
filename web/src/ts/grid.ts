// The grid as a whole: <app-grid> holds its page, goes to other addresses without a page load, and brings the parts together.
// All of it works as links and forms; here they get fast, and the table becomes one thing to walk by keys.
import htmx from "htmx.org";
import { Bulk } from "./grid_bulk";
import { watchColumns } from "./grid_columns";
import { Editing } from "./grid_edit";
import { Following } from "./grid_live";
import { Picking } from "./grid_select";
import { Walking } from "./grid_walk";
import { Refused } from "./server";
import { say } from "./texts";
import { complain } from "./toasts";
import { Widths } from "./grid_widths";

const PAUSE = 250; // milliseconds of quiet before a list is searched

interface Swapping extends Event {
  detail: { ctx: { target: Element; response?: { raw?: Response; status?: number }; text?: string } };
}

export class AppGrid extends HTMLElement {
  readonly walking = new Walking(this);
  readonly picking = new Picking(this);
  readonly editing = new Editing(this);
  readonly bulk = new Bulk(this);
  private widths = new Widths(this);
  private following = new Following(this);
  private typing = 0;
  private bound = false;

  connectedCallback(): void {
    if (!this.bound) {
      this.bound = true;
      this.addEventListener("click", (event) => this.clicked(event));
      this.addEventListener("submit", (event) => this.submitted(event));
      this.addEventListener("input", (event) => this.input(event));
      this.addEventListener("change", (event) => this.change(event));
      this.addEventListener("keydown", (event) => this.key(event));
      document.addEventListener("htmx:before:swap", (event) => this.check(event as Swapping));
      document.addEventListener("htmx:after:swap", (event) => this.swapped(event as Swapping));
      document.addEventListener("pointerdown", (event) => this.outside(event));
      document.addEventListener("htmx:before:history:restore", (event) => this.restored(event as CustomEvent<{ path: string }>));
      watchColumns(this);
    }
    this.refresh();
  }

  get path(): string { return this.dataset["path"] ?? ""; }
  get type(): string { return this.dataset["type"] ?? ""; }
  get here(): string { return this.dataset["here"] ?? location.pathname; }
  get sheet(): HTMLElement | null { return this.querySelector<HTMLElement>("[data-sheet]"); }

  /** Go to an address of this grid. `push` false leaves the browser's history alone, "replace" forgets where one was. */
  async load(url: string, push: boolean | "replace" = true, target = "#grid"): Promise<void> {
    const card = this.querySelector(".grid-card");
    if (target === "#grid") card?.classList.add("is-loading");
    const way = push === true ? { push: "true" } : push ? { replace: "true" } : { push: "false" };
    await htmx.ajax("GET", url, { target, swap: "outerMorph", source: this, ...way, headers: { "HX-Target": target === "#grid" ? "app-grid#grid" : `div${target}` } } as never).catch(complain);
    this.querySelector(".grid-card")?.classList.remove("is-loading");
    // a redirect's address has its brackets escaped; people may read ours
    if (location.search.includes("%5B") && location.pathname === this.path) history.replaceState(history.state, "", this.here);
  }

  /** The same page as it is now. */
  reload(): Promise<void> { return this.load(this.here, false); }

  /** After each change of the page: what script alone can say about it. */
  refresh(): void {
    this.querySelector(".grid-scroll")?.removeAttribute("tabindex");
    this.widths.apply();
    this.walking.apply();
    this.picking.apply();
    for (const button of this.querySelectorAll<HTMLElement>("[data-move]")) button.hidden = false;
  }

  private clicked(event: MouseEvent): void {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a[href]");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.altKey) return;
    if (link.pathname !== this.path || link.origin !== location.origin || link.hasAttribute("download")) return;
    event.preventDefault();
    const also = link.dataset["also"];
    if ("opens" in link.dataset) void this.load(link.getAttribute("aria-expanded") === "true" ? this.here : link.href, false, "#filters");
    else void this.load(event.shiftKey && also ? also : link.href);
  }

  private submitted(event: SubmitEvent): void {
    const form = event.target as HTMLFormElement;
    if (form.method !== "get" || !new URL(form.action).pathname.startsWith(this.path)) return;
    event.preventDefault();
    clearTimeout(this.typing);
    const data = new FormData(form, event.submitter);
    const url = `${form.action}?${new URLSearchParams([...data] as [string, string][])}`;
    if (data.has("open")) void this.load(url, false, "#filters");
    else void this.load(url);
  }

  private input(event: Event): void {
    const input = event.target as HTMLInputElement;
    if (input.name !== "q" || !input.form?.matches("[data-quick]")) return;
    clearTimeout(this.typing);
    const { form } = input;
    this.typing = window.setTimeout(() => {
      const url = `${form.action}?${new URLSearchParams([...new FormData(form)] as [string, string][])}`;
      void this.load(url, new URLSearchParams(location.search).has("filter[q]") ? "replace" : true);
    }, PAUSE);
  }

  private change(event: Event): void {
    const form = (event.target as HTMLElement).closest<HTMLFormElement>("form[data-size]");
    form?.requestSubmit();
  }

  private key(event: KeyboardEvent): void {
    if (event.key !== "Escape" || !this.sheet) return;
    event.stopPropagation();
    this.closeSheet(true);
  }

  private outside(event: Event): void {
    const place = event.target as Element;
    if (this.sheet && !this.sheet.parentElement?.contains(place)) this.closeSheet(false);
  }

  private closeSheet(focus: boolean): void {
    const opener = this.sheet?.parentElement?.querySelector<HTMLElement>("[data-opens]");
    opener?.setAttribute("aria-expanded", "false");
    this.sheet?.remove();
    if (focus) opener?.focus();
  }

  /** Back and forward within this grid need its fragment only. */
  private restored(event: CustomEvent<{ path: string }>): void {
    if (!this.isConnected || new URL(event.detail.path, location.href).pathname !== this.path) return;
    event.preventDefault();
    void this.load(event.detail.path, false);
  }

  /** An answer that is no part of the grid (a sign-in page, an error) must not be put into it. */
  private check(event: Swapping): void {
    const { target, response } = event.detail.ctx;
    if (!target || !this.contains(target)) return;
    const status = response?.status ?? response?.raw?.status ?? 200;
    const url = new URL(response?.raw?.url || location.href);
    if (url.pathname.startsWith("/sign-in")) {
      event.preventDefault();
      location.assign(`/sign-in?next=${encodeURIComponent(this.here)}`);
    } else if (status >= 403 && status !== 422) {
      event.preventDefault();
      complain(new Error(say("The list could not be read. Try again in a moment.")));
    }
  }

  private swapped(event: Swapping): void {
    if (!this.isConnected) return;
    this.refresh();
    if (event.detail.ctx.target?.id === "filters" && this.sheet) {
      const first = this.sheet.querySelector<HTMLElement>("input:not([type=hidden]), select, button, a");
      (this.sheet.querySelector<HTMLElement>("input[type=search], input[type=text].v, input[type=number].v-text") ?? first)?.focus();
      if (!this.sheet.contains(document.activeElement)) first?.focus();
    }
  }
}

// Records to choose from, wherever a sheet, a cell or a dialog offers them: found while one types.
let asking = 0;
document.addEventListener("input", (event) => {
  const input = event.target as HTMLInputElement;
  const address = input.dataset?.["find"];
  if (!address) return;
  clearTimeout(asking);
  asking = window.setTimeout(() => void findOptions(input, address), 200);
});

async function findOptions(input: HTMLInputElement, address: string): Promise<void> {
  const place = input.parentElement?.querySelector<HTMLElement>("[data-options]");
  if (!place) return;
  const url = new URL(address, location.href);
  url.searchParams.set("find", input.value);
  for (const one of place.querySelectorAll<HTMLInputElement>("input:checked")) url.searchParams.append("value", one.value);
  try {
    const answer = await fetch(url, { headers: { "HX-Request": "true", "HX-Request-Type": "partial" } });
    if (!answer.ok) throw new Refused(answer.status, [], "");
    place.innerHTML = await answer.text(); // the server escaped it
  } catch (error) {
    complain(error);
  }
}

customElements.define("app-grid", AppGrid);
