// On every page: fragments, menus, toasts, the theme, search, live news.
import "htmx.org";
import { forgetDrafts } from "../draft_keys";
import { watchFinder } from "../finder";
import { followPage, line, type News } from "../live";
import { watchMenus } from "../menus";
import "../opened";
import { tellLeft } from "../record_told";
import { csrf, ask } from "../server";
import { complain } from "../toasts";
import { watchTrouble } from "../trouble";
import { forgetVisits, rememberVisit } from "../visits";

interface Configured extends Event {
  detail: { ctx: { request: { headers: Record<string, string>; method: string } } };
}

document.addEventListener("htmx:config:request", (event) => {
  (event as Configured).detail.ctx.request.headers["X-CSRF-Token"] = csrf();
});

watchMenus();
watchFinder();
watchTrouble();
rememberVisit();
tellLeft();
document.querySelector("[data-sign-out]")?.addEventListener("submit", forgetVisits);
document.querySelector("[data-sign-out]")?.addEventListener("submit", forgetDrafts);

// Live news, and the bell that counts what is unread.
if (document.body.dataset["person"]) {
  followPage();
  document.addEventListener("htmx:after:swap", followPage);
  line.follow(["notices"]);
  document.addEventListener("live", (event) => {
    const { notices } = (event as CustomEvent<News>).detail;
    const count = document.querySelector<HTMLElement>("[data-bell-count]");
    if (notices !== undefined && count) count.textContent = notices ? (notices > 99 ? "99+" : String(notices)) : "";
  });
}

// The switch works as a plain form; with script it does not cost a page load.
const device = matchMedia("(prefers-color-scheme: dark)");
document.querySelector<HTMLFormElement>("[data-theme-switch]")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const root = document.documentElement;
  const dark = (root.dataset["theme"] || (device.matches ? "dark" : "light")) === "dark";
  const theme = dark ? "light" : "dark";
  root.dataset["theme"] = theme;
  const use = (event.target as HTMLFormElement).querySelector("use");
  use?.setAttribute("href", (use.getAttribute("href") ?? "").replace(/#.*/, dark ? "#moon" : "#sun"));
  ask("POST", "/account/theme", { theme }).catch(complain);
});

const singleKeys = document.body.dataset["shortcuts"] !== "off";

// "/" and Ctrl-K go to search from anywhere but a place where one writes.
document.addEventListener("keydown", (event) => {
  const writing = (event.target as Element).closest("input, textarea, select, [contenteditable]");
  const wanted = (event.key === "/" && singleKeys && !writing && !event.ctrlKey && !event.metaKey) || (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey));
  if (!wanted) return;
  event.preventDefault();
  document.querySelector<HTMLInputElement>("[data-finder] input")?.focus();
});
