// Files are dropped on a record, or chosen: each goes up with its progress, then all are attached at once.
import htmx from "htmx.org";
import { send } from "./uploading";
import { say } from "./texts";
import { toast } from "./toasts";

export function watchFiles(): void {
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    const drawer = place(event);
    mark(drawer);
    event.preventDefault(); // a file that misses must not replace the page
    event.dataTransfer.dropEffect = drawer ? "copy" : "none";
  });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) mark(null); });
  document.addEventListener("drop", (event) => {
    mark(null);
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    const drawer = place(event);
    if (drawer) void attach(drawer, [...event.dataTransfer.files]);
  });
  document.addEventListener("change", (event) => {
    const input = event.target as HTMLInputElement;
    const drawer = input.matches?.("[data-choose] input") ? input.closest<HTMLElement>("[data-drop]") : null;
    if (!drawer || !input.files?.length) return;
    const chosen = [...input.files];
    input.value = "";
    void attach(drawer, chosen);
  });
}

/** Anywhere on the page is the right place when the record has only one. */
function place(event: DragEvent): HTMLElement | null {
  const at = (event.target as Element).closest<HTMLElement>("[data-drop]");
  const all = document.querySelectorAll<HTMLElement>("[data-drop]");
  return at ?? (all.length === 1 ? (all[0] ?? null) : null);
}

function mark(drawer: HTMLElement | null): void {
  for (const one of document.querySelectorAll(".drawer.over")) if (one !== drawer) one.classList.remove("over");
  drawer?.classList.add("over");
}

async function attach(drawer: HTMLElement, files: File[]): Promise<void> {
  const field = drawer.dataset["drop"] ?? "";
  const ids = (await Promise.all(files.map((file) => upload(drawer, file)))).filter((id) => id !== "");
  if (!ids.length) return;
  const address = document.getElementById("record")?.dataset["address"] ?? "";
  await htmx.ajax("POST", `${address}/files`, { target: "#record", swap: "outerMorph", values: { field, file: ids.join(",") } });
}

/** The id of the uploaded file; empty when it was refused, which is said. */
async function upload(drawer: HTMLElement, file: File): Promise<string> {
  const line = document.createElement("div");
  const name = document.createElement("small");
  name.textContent = file.name;
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", say("Uploading {name}", { name: file.name }));
  line.append(name, bar);
  drawer.querySelector("[data-uploads]")?.append(line);
  try {
    return await send(file, (share) => { bar.value = share; });
  } catch (error) {
    toast(`${file.name}: ${(error as Error).message}`, { bad: true });
    return "";
  } finally {
    line.remove();
  }
}
