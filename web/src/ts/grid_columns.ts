// The sheet of columns: moved by drag, by its buttons, and with the Alt key and an arrow.
import type { AppGrid } from "./grid";

export function watchColumns(grid: AppGrid): void {
  grid.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-move]");
    if (button) move(button, Number(button.dataset["move"]));
  });
  grid.addEventListener("keydown", (event) => {
    const line = (event.target as Element).closest<HTMLElement>("[data-columns] li");
    if (!line || !event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    move(event.target as HTMLElement, event.key === "ArrowUp" ? -1 : 1);
  });
  grid.addEventListener("pointerdown", (event) => {
    const grip = (event.target as Element).closest<HTMLElement>(".grip");
    if (grip) drag(grip, event);
  });
}

function move(from: HTMLElement, step: number): void {
  const line = from.closest("li");
  const other = step < 0 ? line?.previousElementSibling : line?.nextElementSibling;
  if (!line || !other) return;
  if (step < 0) other.before(line);
  else other.after(line);
  from.focus();
  line.scrollIntoView({ block: "nearest" });
}

function drag(grip: HTMLElement, start: PointerEvent): void {
  const line = grip.closest("li");
  if (!line) return;
  start.preventDefault();
  grip.setPointerCapture(start.pointerId);
  line.classList.add("lifted");
  const shift = (event: PointerEvent): void => {
    const over = document.elementFromPoint(event.clientX, event.clientY)?.closest("li");
    if (!over || over === line || over.parentElement !== line.parentElement) return;
    const box = over.getBoundingClientRect();
    if (event.clientY < box.top + box.height / 2) over.before(line);
    else over.after(line);
  };
  grip.addEventListener("pointermove", shift);
  grip.addEventListener("lostpointercapture", () => {
    grip.removeEventListener("pointermove", shift);
    line.classList.remove("lifted");
  }, { once: true });
}
