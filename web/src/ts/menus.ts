// Menus are <details class="menu" data-menu>: they open by themselves. Here they learn to close, and to be walked by arrows.

const open = (): HTMLDetailsElement[] => [...document.querySelectorAll<HTMLDetailsElement>("details[data-menu][open]")];

export function watchMenus(): void {
  document.addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(event.target as Node)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const menu = (event.target as Element).closest<HTMLDetailsElement>("details[data-menu][open]");
    if (event.key === "Escape") {
      for (const one of open()) one.open = false;
      menu?.querySelector("summary")?.focus();
      if (menu) event.stopPropagation();
    }
    if (!menu || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
    if ((event.target as Element).matches("input, select, textarea")) return;
    const entries = [...menu.querySelectorAll<HTMLElement>(".entry")].filter((e) => e.offsetParent);
    if (!entries.length) return;
    event.preventDefault();
    const here = entries.indexOf(document.activeElement as HTMLElement);
    const step = event.key === "ArrowDown" ? 1 : -1;
    entries[(here + step + entries.length) % entries.length]?.focus();
  });
  document.addEventListener("toggle", (event) => {
    const menu = event.target as HTMLDetailsElement;
    if (!menu.matches?.("details[data-menu]") || !menu.open) return;
    for (const other of open()) if (other !== menu && !other.contains(menu)) other.open = false;
    keepInView(menu);
  }, true);
}

/** A sheet that would leave the window turns to the other side. */
function keepInView(menu: HTMLDetailsElement): void {
  const sheet = menu.querySelector<HTMLElement>(":scope > .sheet");
  if (!sheet) return;
  const box = sheet.getBoundingClientRect();
  if (box.left < 4) menu.classList.add("start");
  else if (box.right > innerWidth - 4) menu.classList.remove("start");
}
