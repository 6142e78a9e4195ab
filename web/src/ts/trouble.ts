// When something is out of order: the box cannot be reached, or answers a fragment with an error. What is on the page stays.
import type { News } from "./live";
import { Refused } from "./server";
import { locale, say } from "./texts";
import { complain, toast } from "./toasts";

const PATIENCE = 2500; // milliseconds: a restart of the box is not worth a word

interface Swapping extends Event {
  detail: { ctx: { response?: { status: number }; text?: string } };
}

export function watchTrouble(): void {
  let bar: HTMLElement | null = null;
  let timer = 0;
  document.addEventListener("live:lost", (event) => {
    clearTimeout(timer);
    if ((event as CustomEvent<{ maintenance: boolean }>).detail.maintenance) bar ??= showBar(say("The box is closed for maintenance. What you see stays here, and it goes on by itself."));
    timer = window.setTimeout(() => { if (!document.querySelector("[data-lost]")) bar ??= showBar(say("The box cannot be reached. What you see may be old; what you type stays here.")); }, PATIENCE); // a record's page has its own
  });
  document.addEventListener("live:back", () => {
    clearTimeout(timer);
    bar?.remove();
    bar = null;
  });
  document.addEventListener("live", (event) => {
    const { maintenance } = (event as CustomEvent<News>).detail;
    if (maintenance) announce(maintenance);
  });
  comeBack();
  document.addEventListener("htmx:error", () => complain(new Refused(0, [], "")));
  // An error page must not take the place of a list: it is said, and what was there stays. But 422 is a form's own
  // answer, and 410 the page of a record that somebody deleted meanwhile.
  document.addEventListener("htmx:before:swap", (event) => {
    const { ctx } = (event as Swapping).detail;
    const status = ctx.response?.status ?? 200;
    if (status < 400 || status === 422 || status === 410) return;
    event.preventDefault();
    const page = new DOMParser().parseFromString(ctx.text ?? "", "text/html");
    const words = [...page.querySelectorAll("main .empty h1, main .empty p:not(.row)")].map((e) => e.textContent?.trim());
    toast(words.filter(Boolean).join(": ") || say("Something went wrong. Nothing was changed."), { bad: true });
  });
}

function showBar(words: string): HTMLElement {
  const bar = document.createElement("div");
  bar.className = "alert warn notice-bar offline";
  bar.setAttribute("role", "status");
  bar.textContent = words;
  document.getElementById("main")?.prepend(bar);
  return bar;
}

/** What a page says when it is loaded, said on one that is open already, or taken back. */
function announce(plan: NonNullable<News["maintenance"]>): void {
  document.querySelector("[data-announced]")?.remove();
  if (!plan.on || !plan.at) return;
  const bar = document.createElement("div");
  bar.className = "alert warn announced";
  bar.dataset["announced"] = "";
  bar.setAttribute("role", "status");
  const timeZone = document.body.dataset["timezone"];
  const when = new Date(plan.at).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short", ...(timeZone ? { timeZone } : {}) });
  bar.textContent = `${say("Maintenance from {when}.", { when })} ${plan.message}`.trim();
  document.getElementById("main")?.prepend(bar);
}

/** The page of a closed box asks now and then, and loads what was asked for when it is open again. */
function comeBack(): void {
  if (!document.querySelector("[data-maintenance]")) return;
  window.setInterval(() => {
    fetch("/readyz").then((answer) => answer.json()).then((found: { status: string }) => { if (found.status !== "maintenance") location.reload(); }).catch(() => undefined);
  }, 3_000);
}
