// Where what is typed in forms is kept: in this browser, under the person's own id, until it is saved or they sign out.

const person = document.body.dataset["person"] ?? "";
const PREFIX = "ingot-draft-";
const OLDEST = 30 * 86_400_000; // milliseconds

export const draftKey = (path: string): string => `${PREFIX}${person}-${path}`;

/** All drafts of this person, as they sign out: the next one at this desk may be somebody else. */
export function forgetDrafts(): void {
  sweep((key) => key.startsWith(`${PREFIX}${person}-`));
}

/** Drafts nobody came back to, anybody's. */
export function forgetOldDrafts(): void {
  sweep((key, text) => key.startsWith(PREFIX) && !(Number((JSON.parse(text) as { at?: number }).at) > Date.now() - OLDEST));
}

function sweep(gone: (key: string, text: string) => boolean): void {
  try {
    for (const key of Object.keys(localStorage)) {
      let drop = false;
      try {
        drop = gone(key, localStorage.getItem(key) ?? "");
      } catch {
        drop = key.startsWith(PREFIX); // no draft that could be read
      }
      if (drop) localStorage.removeItem(key);
    }
  } catch {
    // a browser that keeps nothing has no drafts
  }
}
