// Files chosen in a form go up at once, with progress; the form then carries their ids.
import { send } from "./uploading";
import { say } from "./texts";
import { toast } from "./toasts";

let going = 0;

/** How many files are on their way: a form waits for them. */
export const uploading = (): number => going;

export function watchUploads(root: ParentNode): void {
  for (const input of root.querySelectorAll<HTMLInputElement>("input[data-upload]")) watch(input);
}

function watch(input: HTMLInputElement): void {
  const place = input.closest<HTMLElement>("[data-field]");
  const list = place?.querySelector<HTMLElement>("[data-files]");
  const button = input.closest<HTMLElement>(".add-file");
  if (!place || !list || !button || input.dataset["watched"]) return;
  input.dataset["watched"] = "1";
  const name = input.dataset["upload"] ?? "";
  const take = (files: Iterable<File>): void => {
    const chosen = input.multiple ? [...files] : [...files].slice(0, 1);
    for (const file of chosen) upload(file, list, (id) => add(list, name, id, file.name, input.multiple));
  };
  input.addEventListener("change", () => {
    take(input.files ?? []);
    input.value = ""; // what went up by itself must not come along with the form
  });
  list.addEventListener("files:add", (event) => {
    const { id, name: called } = (event as CustomEvent<{ id: string; name: string }>).detail;
    add(list, name, id, called, input.multiple);
  });
  place.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    button.classList.add("over");
  });
  place.addEventListener("dragleave", () => button.classList.remove("over"));
  place.addEventListener("drop", (event) => {
    button.classList.remove("over");
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    take(event.dataTransfer.files);
  });
}

function add(list: HTMLElement, name: string, id: string, called: string, many: boolean): void {
  if (!many) for (const box of list.querySelectorAll<HTMLInputElement>("input[type=checkbox]")) box.checked = false;
  const line = document.createElement("li");
  const label = document.createElement("label");
  label.className = "check";
  const box = document.createElement("input");
  box.type = "checkbox";
  box.name = name;
  box.value = id;
  box.checked = true;
  const words = document.createElement("span");
  words.className = "cut";
  words.textContent = called;
  label.append(box, words);
  line.append(label);
  list.append(line);
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

function upload(file: File, list: HTMLElement, done: (id: string) => void): void {
  const line = document.createElement("li");
  const words = document.createElement("span");
  words.className = "cut";
  words.textContent = file.name;
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", say("Uploading {name}", { name: file.name }));
  line.append(words, bar);
  list.append(line);
  going++;
  send(file, (share) => { bar.value = share; })
    .finally(() => {
      going--;
      line.remove();
    })
    .then(done, (error: Error) => toast(`${file.name}: ${error.message}`, { bad: true }));
}
