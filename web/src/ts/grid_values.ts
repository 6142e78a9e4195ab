// The inputs of parts/grid_cell.html: fetched for a field, and read as the API wants a value.
import { Refused } from "./server";

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

function typed(kind: string, text: string): unknown {
  if (kind === "integer") return Number(text);
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
