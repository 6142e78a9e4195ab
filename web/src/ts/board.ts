// The board: cards are moved by dragging (mouse and finger), by a menu on each card, and by keys: arrows go from card to card,
// Ctrl with an arrow takes the card along. What others move moves here too.
import Sortable, { type Moved } from "sortablejs";
import { columnOf, columns, more, move, redraw } from "./board_moving";
import { say } from "./texts";

const NEWS = 350; // milliseconds: what comes together is drawn once
let dragging = false;
let timer = 0;

export function watchBoard(): void {
  prepare();
  document.addEventListener("htmx:after:swap", prepare);
  document.addEventListener("htmx:before:swap", (event) => {
    if (!dragging) return;
    event.preventDefault(); // the card in somebody's hand stays there
    news();
  });
  document.addEventListener("click", clicked);
  document.addEventListener("keydown", key);
}

/** After each drawing: lists that can be dragged, columns that are folded. */
function prepare(): void {
  const board = document.getElementById("board");
  if (!board) return;
  if (!board.dataset["heard"]) board.addEventListener("live:changed", news);
  board.dataset["heard"] = "1";
  for (const list of board.querySelectorAll<HTMLElement>("[data-cards]")) {
    if (!Sortable.get(list)) sortable(list);
  }
  const shut = folded(board);
  for (const button of board.querySelectorAll<HTMLButtonElement>("[data-fold]")) {
    button.hidden = false;
    show(button, shut.includes(columnOf(button)?.dataset["column"] ?? ""));
  }
}

// ---------------------------------------------------------------------- dragging

function sortable(list: HTMLElement): void {
  const open = Boolean(list.dataset["cards"]) || !document.getElementById("board")?.hasAttribute("data-required");
  new Sortable(list, {
    group: { name: "board", pull: true, put: open },
    draggable: ".board-card[data-movable]",
    filter: ".mover, .move-form",
    preventOnFilter: false,
    sort: false,
    animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 140,
    delay: 160, // a finger that scrolls does not drag
    delayOnTouchOnly: true,
    touchStartThreshold: 6,
    ghostClass: "ghost",
    chosenClass: "lifted",
    onChoose: () => { dragging = true; },
    onUnchoose: () => { dragging = false; },
    onEnd: (event: Moved) => {
      dragging = false;
      const { item, from, to, oldIndex } = event;
      const target = to.closest<HTMLElement>("[data-column]");
      if (from === to || !target) return;
      void move(item, target, () => from.insertBefore(item, from.children[oldIndex ?? 0] ?? null));
    },
  });
}

function news(): void {
  clearTimeout(timer);
  timer = window.setTimeout(() => (dragging || document.querySelector(".move-menu:popover-open") ? news() : void redraw()), NEWS);
}

// ---------------------------------------------------------------------- pressing

function clicked(event: MouseEvent): void {
  const at = event.target as Element;
  const mover = at.closest<HTMLElement>("[data-move]");
  const link = at.closest<HTMLAnchorElement>("[data-more]");
  const fold = at.closest<HTMLButtonElement>("[data-fold]");
  if (mover) {
    event.preventDefault();
    openMenu(mover);
  } else if (link && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    void more(link.href);
  } else if (fold) turn(fold);
}

/** One menu for all cards, made when it is asked for. */
function openMenu(mover: HTMLElement): void {
  const card = mover.closest<HTMLElement>(".board-card");
  if (!card) return;
  const menu = document.createElement("div");
  menu.className = "move-menu";
  menu.popover = "auto";
  menu.setAttribute("role", "group");
  menu.setAttribute("aria-label", mover.getAttribute("aria-label") ?? "");
  const caption = document.createElement("p");
  caption.className = "caption";
  caption.textContent = say("Move to");
  menu.append(caption);
  for (const column of columns()) {
    if (column === columnOf(card)) continue;
    const entry = document.createElement("button");
    entry.type = "button";
    entry.className = "entry";
    const dot = document.createElement("span");
    dot.className = `dot ${[...column.classList].find((c) => c.startsWith("tint-")) ?? ""}`;
    entry.append(dot, column.dataset["label"] ?? "");
    entry.addEventListener("click", () => {
      menu.hidePopover();
      carry(card, column);
    });
    menu.append(entry);
  }
  document.getElementById("main")?.append(menu);
  menu.addEventListener("toggle", (event) => {
    if ((event as ToggleEvent).newState !== "closed") return;
    if (menu.contains(document.activeElement) || document.activeElement === document.body) mover.focus();
    menu.remove();
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const entries = [...menu.querySelectorAll<HTMLElement>(".entry")];
    const step = event.key === "ArrowDown" ? 1 : -1;
    entries[(entries.indexOf(document.activeElement as HTMLElement) + step + entries.length) % entries.length]?.focus();
  });
  menu.showPopover();
  const box = mover.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  menu.style.setProperty("left", `${Math.max(8, Math.min(box.left, innerWidth - width - 8))}px`);
  menu.style.setProperty("top", `${box.bottom + height + 12 > innerHeight ? Math.max(8, box.top - height - 4) : box.bottom + 4}px`);
  menu.querySelector<HTMLElement>(".entry")?.focus();
}

/** By menu or keys: the card is shown there at once, and keeps the focus. */
function carry(card: HTMLElement, column: HTMLElement): void {
  const from = card.parentElement;
  const next = card.nextElementSibling;
  const list = column.querySelector<HTMLElement>("[data-cards]");
  if (!from || !list) return;
  list.prepend(card);
  card.querySelector<HTMLElement>("[data-card-link]")?.focus();
  void move(card, column, () => from.insertBefore(card, next));
}

// ---------------------------------------------------------------------- keys

function key(event: KeyboardEvent): void {
  const link = (event.target as Element).closest?.<HTMLElement>("[data-card-link]");
  const card = link?.closest<HTMLElement>(".board-card");
  const column = card ? columnOf(card) : null;
  if (!card || !column || event.altKey || event.shiftKey) return;
  const side = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
  const along = document.documentElement.dir === "rtl" ? -side : side;
  if (side && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    const all = columns();
    const to = all[all.indexOf(column) + along];
    if (to && card.hasAttribute("data-movable")) carry(card, to);
  } else if (side) {
    event.preventDefault();
    const all = [...document.querySelectorAll<HTMLElement>("[data-column]:not(.folded)")];
    const row = [...column.querySelectorAll(".board-card")].indexOf(card);
    for (let n = all.indexOf(column) + along; n >= 0 && n < all.length; n += along) {
      const cards = all[n]?.querySelectorAll<HTMLElement>(".board-card") ?? [];
      if (!cards.length) continue;
      focus(cards[Math.min(row, cards.length - 1)]);
      return;
    }
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    focus((event.key === "ArrowDown" ? card.nextElementSibling : card.previousElementSibling) as HTMLElement | null);
  }
}

const focus = (card: HTMLElement | null | undefined): void => card?.querySelector<HTMLElement>("[data-card-link]")?.focus();

// ---------------------------------------------------------------------- folding

const keyOf = (board: HTMLElement): string => `ingot-folded-${document.body.dataset["person"] ?? ""}-${board.dataset["key"] ?? ""}`;

function folded(board: HTMLElement): string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(keyOf(board)) ?? "[]");
    return Array.isArray(found) ? found.map(String) : [];
  } catch {
    return [];
  }
}

function turn(button: HTMLButtonElement): void {
  const board = document.getElementById("board");
  const name = columnOf(button)?.dataset["column"] ?? "";
  if (!board) return;
  const shut = folded(board).filter((n) => n !== name);
  const now = button.getAttribute("aria-expanded") === "true";
  if (now) shut.push(name);
  try {
    localStorage.setItem(keyOf(board), JSON.stringify(shut));
  } catch {
    // then it is folded until the next page
  }
  show(button, now);
}

function show(button: HTMLButtonElement, shut: boolean): void {
  button.setAttribute("aria-expanded", String(!shut));
  columnOf(button)?.classList.toggle("folded", shut);
}
