// What is done to many records at once: a dialog that asks, shows what would happen, starts the job, shows how far it is, and
// takes it back.
import type { AppGrid } from "./grid";
import { button } from "./grid_edit";
import { fetchInput, readTyped } from "./grid_values";
import { ask, Refused } from "./server";
import { locale, say } from "./texts";
import { complain, toast } from "./toasts";

interface Preview { matches: number; tried: number; changes: number; blocked: number; sample: { title: string }[]; reasons: { title: string; detail: string }[] }
interface JobAttributes { state: string; progress?: { done?: number | null; total?: number | null }; result?: Record<string, unknown> | null }
const TICK = 400; // milliseconds between two looks at a job
const AT_ONCE: Record<string, number> = { csv: 50_000, xlsx: 5_000 }; // records the server streams; more are a job
const ENDED = ["success", "failed", "dead", "cancelled", "stale"];

export class Bulk {
  private dialog: HTMLDialogElement | null = null;
  private question = "";

  constructor(private grid: AppGrid) {
    grid.addEventListener("click", (event) => {
      const what = (event.target as Element).closest<HTMLElement>("[data-bulk] [data-do]")?.dataset["do"];
      const { picking } = grid;
      if (what === "everything") picking.takeEverything();
      else if (what === "nothing") picking.clear();
      else if (what === "copy") void picking.copy().catch(complain);
      else if (what === "export") this.export();
      else if (what) void this.begin(what).catch(complain);
      const link = (event.target as Element).closest<HTMLAnchorElement>("a[data-export]");
      if (link && Number(grid.dataset["total"]) > AT_ONCE[link.dataset["export"] ?? "csv"]!) {
        event.preventDefault();
        link.closest("details")?.removeAttribute("open");
        void this.exportLater(link);
      }
    });
  }

  private get filters(): string {
    const { picking, dataset } = this.grid;
    if (!picking.everything) return `filter[id][in]=${[...picking.ids].join(",")}`;
    return dataset["filters"] || "filter[id][gt]=0"; // "all" must be said
  }

  private export(): void {
    const url = new URL(this.grid.here, location.href);
    const kept = [...url.searchParams].filter(([n]) => n === "sort" || n.startsWith("fields["));
    const link = document.createElement("a");
    link.href = `/api/exports/${this.grid.type}.csv?${this.filters}&${new URLSearchParams([...kept, ["mode", "spreadsheet"]])}`;
    link.dataset["export"] = "csv";
    link.download = "";
    if (this.grid.picking.count > AT_ONCE["csv"]!) void this.exportLater(link);
    else link.click();
  }

  /** A file that takes too long to wait for is a job's work; it is fetched when it is done. */
  private async exportLater(link: HTMLAnchorElement): Promise<void> {
    const query = new URL(link.href).searchParams;
    const mode = query.get("mode");
    query.delete("mode");
    try {
      const attributes = { type: this.grid.type, format: link.dataset["export"], query: String(query), ...(mode ? { mode } : {}) };
      const job: string = (await ask("POST", "/api/exports", { data: { type: "exports", attributes } })).body.data.id;
      this.open(say("Export"));
      const { result, waited } = await this.watch(job);
      const fetch_ = (): void => follow(String(result["link"]));
      if (waited) fetch_(); // whoever let it go on is not interrupted
      toast(say("The file is ready."), { way: { label: say("Download"), go: fetch_ } });
    } catch (error) {
      this.close();
      complain(error);
    }
  }

  private async begin(what: string): Promise<void> {
    const count = say("{count} selected", { count: this.grid.picking.count.toLocaleString(locale) });
    this.question = this.filters;
    const title = what === "delete" ? say("Delete") : what === "assign" ? say("Assign") : say("Edit");
    const body = this.open(`${title} · ${count}`);
    if (what === "delete") return this.preview("DELETE", undefined);
    const place = document.createElement("div");
    let input: HTMLElement | null = null;
    const how = select(say("How"), [["add", say("Add")], ["remove", say("Remove")], ["replace", say("Replace")]]);
    const load = async (name: string): Promise<void> => {
      input = await fetchInput(this.grid.path, name);
      how.hidden = input.dataset["kind"] !== "relations";
      place.replaceChildren(input);
    };
    if (what === "edit") {
      const fields = this.grid.querySelector<HTMLTemplateElement>("[data-fields]")?.content.querySelectorAll("option") ?? [];
      const choose = select(say("Field"), [...fields].map((o) => [o.value, o.textContent ?? ""]));
      choose.querySelector("select")?.addEventListener("change", (event) => void load((event.target as HTMLSelectElement).value).catch(complain));
      body.append(choose);
      await load(fields[0]?.value ?? "");
    } else {
      await load("owner");
    }
    body.append(how, place);
    this.feet(button(say("Cancel"), () => this.close()), button(say("Preview"), async () => {
      if (!input) return;
      const given = await readTyped(this.grid.path, input, how.hidden ? "" : how.querySelector("select")?.value).catch(complain);
      if (given) return this.preview("PATCH", { data: { type: this.grid.type, ...given } });
    }, "primary"));
    body.querySelector("select")?.focus();
  }

  /** What would happen, tried by the server and taken back. */
  private async preview(method: string, document_: unknown): Promise<void> {
    try {
      const found = (await ask(method, `/api/${this.grid.type}?${this.question}&dry-run=true`, document_)).body.meta as Preview;
      const body = this.dialog?.querySelector(".body");
      if (!body) return;
      const number = (n: number): string => n.toLocaleString(locale);
      const lines = [method === "DELETE" ? say("Records that will be deleted: {count}", { count: number(found.changes) }) : say("Records that will change: {count} of {total}", { count: number(found.changes), total: number(found.matches) })];
      if (found.tried < found.matches) lines.push(say("Only the first {count} were tried.", { count: number(found.tried) }));
      if (found.blocked) lines.push(say("Cannot be changed and stay as they are: {count}", { count: number(found.blocked) }));
      body.replaceChildren(...lines.map((text) => line("p", text)));
      body.append(list(found.reasons.map((r) => `${r.title}: ${r.detail}`)), list(found.sample.map((s) => s.title)));
      const label = method === "DELETE" ? say("Delete") : say("Change");
      const go = button(label, () => this.run(method, document_), method === "DELETE" ? "primary danger" : "primary");
      go.disabled = !found.changes;
      this.feet(button(say("Cancel"), () => this.close()), go);
      go.focus();
    } catch (error) {
      complain(error);
    }
  }

  private async run(method: string, document_: unknown): Promise<void> {
    try {
      const job: string = (await ask(method, `/api/${this.grid.type}?${this.question}`, document_)).body.data.id;
      const { result, waited } = await this.watch(job);
      if (waited) {
        this.grid.picking.clear();
        await this.grid.reload();
      }
      const changed = Number(result["updated"] ?? 0) + Number(result["deleted"] ?? 0);
      const failed = Number(result["failed"] ?? 0);
      const text = failed ? say("Records changed: {count}. Not changed, because that was not possible: {failed}.", { count: changed.toLocaleString(locale), failed: failed.toLocaleString(locale) }) : say("Records changed: {count}", { count: changed.toLocaleString(locale) });
      toast(text, { way: { label: say("Undo"), go: () => this.undo(job) } });
    } catch (error) {
      this.close();
      complain(error);
    }
  }

  private async undo(job: string): Promise<void> {
    try {
      const undoing: string = (await ask("POST", "/api/undo", { data: { type: "undo", attributes: { job } } })).body.data.id;
      this.open(say("Undo"));
      if ((await this.watch(undoing)).waited) await this.grid.reload();
      toast(say("Undone."));
    } catch (error) {
      this.close();
      complain(error);
    }
  }

  /** Until the job has ended; its result, and whether somebody waited for it. Rejects when it failed. */
  private async watch(job: string): Promise<{ result: Record<string, unknown>; waited: boolean }> {
    const bar = document.createElement("progress");
    bar.setAttribute("aria-label", say("Progress"));
    const text = line("p", say("Working…"));
    this.dialog?.querySelector(".body")?.replaceChildren(text, bar);
    const { dialog } = this;
    let waited = true;
    const leave = (): void => {
      waited = false;
      toast(say("This goes on in the background."), { way: { label: say("Show"), go: () => location.assign(`/jobs/${job}`) } });
    };
    dialog?.addEventListener("cancel", leave);
    this.feet(button(say("Continue in the background"), () => {
      leave();
      this.close();
    }));
    for (;;) {
      const attributes = await look(job);
      if (!attributes) {
        await new Promise((go) => setTimeout(go, TICK * 4)); // the box is away for a moment: the job is not
        continue;
      }
      const done = attributes.progress?.done ?? 0;
      const total = attributes.progress?.total ?? 0;
      if (total) {
        bar.max = total;
        bar.value = done;
        text.textContent = say("{done} of {total}", { done: done.toLocaleString(locale), total: total.toLocaleString(locale) });
      }
      if (ENDED.includes(attributes.state)) {
        if (waited) dialog?.close();
        if (attributes.state !== "success") throw new Error(say("The job ended before it was done."));
        return { result: attributes.result ?? {}, waited };
      }
      await new Promise((go) => setTimeout(go, TICK));
    }
  }

  private open(title: string): HTMLElement {
    this.close();
    const dialog = document.createElement("dialog");
    dialog.className = "bulk-dialog";
    dialog.setAttribute("aria-labelledby", "bulk-title");
    const head = document.createElement("header");
    const name = line("h2", title);
    name.id = "bulk-title";
    head.append(name);
    const body = document.createElement("div");
    body.className = "body";
    dialog.append(head, body, document.createElement("footer"));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
    this.dialog = dialog;
    return body;
  }

  private feet(...buttons: HTMLElement[]): void {
    this.dialog?.querySelector("footer")?.replaceChildren(...buttons);
  }

  private close(): void {
    this.dialog?.close();
    this.dialog = null;
  }
}

/** How far a job is; undefined while the box does not answer. */
async function look(job: string): Promise<JobAttributes | undefined> {
  try {
    return (await ask("GET", `/api/jobs/${job}`)).body.data.attributes;
  } catch (error) {
    if (error instanceof Refused && (error.status === 0 || error.status >= 500)) return undefined;
    throw error;
  }
}

/** Fetch a file; the page stays. */
function follow(address: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = "";
  link.click();
}

function line(tag: string, text: string): HTMLElement {
  const found = document.createElement(tag);
  found.textContent = text;
  return found;
}

function list(texts: string[]): HTMLElement {
  const found = document.createElement("ul");
  found.append(...texts.map((text) => line("li", text)));
  found.hidden = !texts.length;
  return found;
}

function select(label: string, options: [string, string][]): HTMLElement {
  const field = document.createElement("div");
  field.className = "field";
  const name = document.createElement("label");
  name.textContent = label;
  const found = document.createElement("select");
  found.id = name.htmlFor = `bulk-${options[0]?.[0] ?? ""}`;
  for (const [value, text] of options) found.add(new Option(text, value));
  field.append(name, found);
  return field;
}
