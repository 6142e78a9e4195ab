// When something is out of order: the box cannot be reached, or answers a fragment with an error. What is on the page stays.
import { Refused } from "./server";
import { say } from "./texts";
import { complain, toast } from "./toasts";

const PATIENCE = 2500; // milliseconds: a restart of the box is not worth a word

interface Swapping extends Event {
  detail: { ctx: { response?: { status: number }; text?: string } };
}

export function watchTrouble(): void {
  let bar: HTMLElement | null = null;
  let timer = 0;
  document.addEventListener("live:lost", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => { if (!document.querySelector("[data-lost]")) bar ??= showBar(); }, PATIENCE); // a record's page has its own
  });
  document.addEventListener("live:back", () => {
    clearTimeout(timer);
    bar?.remove();
    bar = null;
  });
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

function showBar(): HTMLElement {
  const bar = document.createElement("div");
  bar.className = "alert warn notice-bar offline";
  bar.setAttribute("role", "status");
  bar.textContent = say("The box cannot be reached. What you see may be old; what you type stays here.");
  document.getElementById("main")?.prepend(bar);
  return bar;
}
