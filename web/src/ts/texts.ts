// Sentences for people. They are written here in English; the build lists them, the server hands out the translations of
// data/locale, and a test asks for each of them in every language.

let catalog: Record<string, string> = {};

const address = document.body.dataset["texts"];
const loaded = address
  ? fetch(address).then((answer) => answer.json()).then((found) => { catalog = found; }).catch(() => undefined)
  : Promise.resolve();

/** A sentence in the reader's language; `{name}` stands for a value. English until the catalog has come. */
export function say(template: string, values: Record<string, string | number> = {}): string {
  return (catalog[template] ?? template).replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** For what a page says at once, before anybody did anything. */
export const textsLoaded: Promise<void> = loaded;

export const locale: string = document.body.dataset["locale"] ?? "en-GB";
