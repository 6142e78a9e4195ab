// Others on the same record: who is here, what they changed. The page shows it anew by itself as long as nobody writes on it or
// has something open; then a bar says it instead. After a lost connection the line tells what was missed.
import type { News } from "./live";
import { refresh, root } from "./record_doing";
import { ask } from "./server";
import { say } from "./texts";
import { toast } from "./toasts";

const GATHER = 150; // milliseconds: changes come in groups
const AROUND = 1_000; // milliseconds, for records around this one: of most changes elsewhere the page has nothing to show
const PATIENCE = 2_000; // milliseconds without a line before anybody is told

const TINTS = ["blue", "green", "amber", "red", "violet", "teal", "pink", "gray"];

export function watchRecord(): void {
  const page = root();
  if (!page) return;
  let timer = 0;
  page.addEventListener("live:changed", (event) => {
    const news = (event as CustomEvent<News>).detail;
    if (!news.reset && (news.position ?? 0) <= position()) return; // ours, and shown already
    const ours = page.dataset["live"]?.startsWith(`${news.entity}/`) ?? true;
    if (ours) clearTimeout(timer);
    else if (timer) return;
    timer = window.setTimeout(() => { timer = 0; void changed(); }, ours ? GATHER : AROUND);
  });
  page.addEventListener("live:presence", (event) => others((event as CustomEvent<News & { more?: number }>).detail));
  let lost = 0;
  document.addEventListener("live:lost", () => {
    if (!lost) lost = window.setTimeout(() => bar("[data-lost]", true), PATIENCE);
  });
  document.addEventListener("live", up);
  document.addEventListener("live:back", up);
  function up(): void {
    clearTimeout(lost);
    lost = 0;
    bar("[data-lost]", false);
  }
  document.addEventListener("click", (event) => {
    if (!(event.target as Element).closest("[data-news-show]")) return;
    bar("[data-news]", false);
    void refresh();
  });
}

const position = (): number => Number(root()?.dataset["position"] ?? 0);

function bar(which: string, shown: boolean): void {
  const found = root()?.querySelector<HTMLElement>(which);
  if (found) found.hidden = !shown;
}

/** Would somebody lose what they are at if the page changed under their hands? */
function busy(): boolean {
  const page = root();
  if (!page) return true;
  const at = document.activeElement;
  if (at && page.contains(at) && at.matches("input, textarea, select")) return true;
  return page.querySelector("details[open]") !== null || (page.querySelector<HTMLTextAreaElement>("#comment")?.value ?? "") !== "";
}

async function changed(): Promise<void> {
  const address = root()?.dataset["address"];
  if (!address || new URLSearchParams(location.search).has("as-of")) return;
  let text = "";
  try {
    const told = (await ask("GET", `${address}/news?after=${position()}`)).body as { text: string; changed: boolean; position: number };
    text = told.text;
    if (!told.changed) {
      root()?.setAttribute("data-position", String(told.position));
      return;
    }
  } catch {
    void refresh(); // it may be gone: the page says so
    return;
  }
  if (!busy()) {
    await refresh();
    if (text) toast(text);
    return;
  }
  if (!text) return;
  const words = root()?.querySelector("[data-news-text]");
  if (words) words.textContent = text;
  bar("[data-news]", true);
}

/** Their initials; names for who points at them or cannot see them. */
function others(news: News & { more?: number }): void {
  const place = root()?.querySelector<HTMLElement>("[data-others]");
  if (!place) return;
  const shown = (news.users ?? []).slice(0, 4);
  const rest = (news.users ?? []).length - shown.length + (news.more ?? 0);
  place.replaceChildren(...shown.map((user) => face(user.name, initials(user.name))));
  if (rest > 0) place.append(face(say("{count} more", { count: rest }), `+${rest}`));
}

function face(name: string, letters: string): HTMLElement {
  const found = document.createElement("span");
  const sum = [...new TextEncoder().encode(name)].reduce((a, b) => a + b, 0);
  found.className = `avatar tint-${TINTS[sum % TINTS.length]}`;
  found.title = say("{name} is here too", { name });
  found.setAttribute("role", "img");
  found.setAttribute("aria-label", found.title);
  found.textContent = letters;
  return found;
}

/** As the server makes them (http/pages/rendering.py). */
function initials(name: string): string {
  const words = name.replaceAll("@", " ").replaceAll(".", " ").split(/\s+/).filter((w) => /^[\p{L}\p{N}]/u.test(w));
  return (words.length > 1 ? [words[0], words[words.length - 1]] : words).map((w) => [...(w ?? "")][0]).join("").toUpperCase() || "?";
}
