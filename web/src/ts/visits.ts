// The records somebody looked at last on this browser, for the search field before one types. Nobody else's: the list is kept
// under the person's own id and goes when they sign out.

export interface Visit {
  href: string;
  title: string;
  kind: string;
  icon: string;
}

const MOST = 8;
const key = `ingot-visits-${document.body.dataset["person"] ?? ""}`;

export function visits(): Visit[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(found) ? (found as Visit[]).filter((v) => typeof v?.href === "string" && v.href.startsWith("/")) : [];
  } catch {
    return [];
  }
}

/** A record's page names itself: <main data-visit-title data-visit-kind data-visit-icon>. */
export function rememberVisit(): void {
  const place = document.querySelector<HTMLElement>("[data-visit-title]");
  const { visitTitle, visitKind, visitIcon } = place?.dataset ?? {};
  if (!visitTitle) return;
  const here: Visit = { href: location.pathname, title: visitTitle, kind: visitKind ?? "", icon: visitIcon ?? "table" };
  try {
    localStorage.setItem(key, JSON.stringify([here, ...visits().filter((v) => v.href !== here.href)].slice(0, MOST)));
  } catch {
    // a browser that keeps nothing just has no such list
  }
}

export function forgetVisits(): void {
  try {
    localStorage.removeItem(key);
  } catch {
    // as above
  }
}
