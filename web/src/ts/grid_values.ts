// The inputs of parts/grid_cell.html: fetched for a field, and read as the API wants a value.
import { type Problem, Refused } from "./server";

export interface Given {
  attributes?: Record<string, unknown>;
  relationships?: Record<string, unknown>;
}

/** The input for a field, with a record's value when one is named. Rejects when there is none. */
export async function fetchInput(path: string, field: string, row = ""): Promise<HTMLElement> {
  const answer = await fetch(`${path}/cell?field=${encodeURIComponent(field)}&row=${row}`, { headers: { "HX-Request": "true", "HX-Request-Type": "partial" } });
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text();
  const found = holder.content.querySelector<HTMLElement>(".cell-input");
  if (!answer.ok || !found) throw new Refused(answer.status, [], holder.content.querySelector(".empty p:not(.row), .problem")?.textContent?.trim() ?? "");
  return found;
}

/** What the input says, as attributes or relationships of a resource. `how`: for links to many in a bulk change. */
export function readInput(input: HTMLElement, how = ""): Given {
  const { kind = "text", field = "", target = "" } = input.dataset;
  const chosen = [...input.querySelectorAll<HTMLInputElement>("input[name=value]:checked")].map((i) => i.value).filter(Boolean);
  if (target) {
    const ids = chosen.map((id) => ({ type: target, id }));
    const many = kind === "relations" || kind === "files";
    return { relationships: { [field]: { data: many ? ids : ids[0] ?? null, ...(how && many ? { meta: { how } } : {}) } } };
  }
  if (kind === "multi_choice") return { attributes: { [field]: chosen } };
  const control = input.querySelector<HTMLInputElement>("[name=value]");
  const text = control?.value ?? "";
  return { attributes: { [field]: control?.validity?.badInput ? "?" : text === "" ? null : typed(kind, text) } };
}

const NUMBERS = ["integer", "decimal", "money"];

/** As `readInput`, with a number read by the server as this person's language writes it. Rejects with a sentence where it is none, or may be two. */
export async function readTyped(path: string, input: HTMLElement, how = ""): Promise<Given> {
  const { kind = "", field = "" } = input.dataset;
  const text = input.querySelector<HTMLInputElement>("[name=value]")?.value.trim() ?? "";
  if (!NUMBERS.includes(kind) || !text) return readInput(input, how);
  const answer = await fetch(`${path}/number?${new URLSearchParams({ field, text })}`, { headers: { Accept: "application/json" } });
  const found = (await answer.json().catch(() => ({}))) as { value?: string; problem?: string };
  if (!answer.ok || found.value === undefined) throw new Refused(answer.status, [{ detail: found.problem ?? "" } as Problem], found.problem ?? "");
  return { attributes: { [field]: kind === "integer" && /^-?\d{1,15}$/.test(found.value) ? Number(found.value) : found.value } };
}

function typed(kind: string, text: string): unknown {
  if (kind === "boolean") return text === "true";
  return kind === "datetime" ? utc(text) : text;
}

/** A wall clock's time in the person's zone as a moment in UTC. */
function utc(text: string): string {
  const timeZone = document.body.dataset["timezone"] || "UTC";
  const wanted = Date.parse(`${text}Z`);
  const shown = (at: number): number => {
    const parts = new Intl.DateTimeFormat("en-CA", { timeZone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" }).formatToParts(at);
    const part = (type: string): string => parts.find((p) => p.type === type)?.value ?? "";
    return Date.parse(`${part("year")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}:${part("second")}Z`);
  };
  let at = wanted - (shown(wanted) - wanted);
  at += wanted - shown(at); // once more, for nights when clocks are moved
  return new Date(at).toISOString();
}
