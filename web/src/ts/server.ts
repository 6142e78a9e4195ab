// Asking the server: the same JSON:API that programs use, with the session's cookie and its CSRF token.

const MEDIA = "application/vnd.api+json";

const meta = document.querySelector<HTMLMetaElement>("meta[name=csrf]");

/** The session's CSRF token, for whoever sends something by other means than `ask`. */
export function csrf(): string {
  return meta?.content ?? "";
}

export type Renewed = "ready" | "signed-out" | "somebody-else" | "unreachable";

/** When the session has ended, somebody can sign in again in another tab: its token is taken up then, for the same person only. */
export async function renewSession(): Promise<Renewed> {
  try {
    const answer = await fetch("/account", { headers: { Accept: "text/html" }, credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.querySelector<HTMLMetaElement>("meta[name=csrf]")?.content;
    if (!answer.ok || !found) return "signed-out";
    if (page.body.dataset["person"] !== document.body.dataset["person"]) return "somebody-else";
    if (meta) meta.content = found;
    for (const input of document.querySelectorAll<HTMLInputElement>("input[name=csrf]")) input.value = found;
    return "ready";
  } catch {
    return "unreachable";
  }
}


export interface Problem {
  status: string;
  code: string;
  title: string;
  detail: string;
  source?: { pointer?: string; parameter?: string };
  meta?: Record<string, unknown>;
}

/** What the server refused, in its own words. Status 0: the box did not answer. */
export class Refused extends Error {
  constructor(readonly status: number, readonly problems: Problem[], message: string) {
    super(message);
  }
}

export interface Answer {
  // The document as it came: JSON:API's members are looked at where they are needed.
  // eslint-disable-next-line
  body: any;
  headers: Headers;
  status: number;
}

/** One request. Rejects with Refused when the answer is no success or never comes. A session that was renewed in another tab is
 * taken up once. */
export async function ask(method: string, path: string, document?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  try {
    return await once(method, path, document, headers);
  } catch (error) {
    const old = error instanceof Refused && (error.status === 401 || error.problems.some((p) => p.code === "csrf"));
    if (!old || (await renewSession()) !== "ready") throw error;
    return once(method, path, document, headers);
  }
}

async function once(method: string, path: string, document: unknown, headers: Record<string, string>): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: { Accept: MEDIA, ...(document === undefined ? {} : { "Content-Type": MEDIA }), "X-CSRF-Token": csrf(), ...headers },
      ...(document === undefined ? {} : { body: JSON.stringify(document) }),
      credentials: "same-origin",
    });
  } catch {
    throw new Refused(0, [], "");
  }
  const text = await response.text();
  let body: unknown = null;
  try {
    body = text ? JSON.parse(text) : null;
  } catch {
    body = null; // a proxy's page, perhaps
  }
  if (!response.ok) {
    const problems = ((body as { errors?: Problem[] } | null)?.errors ?? []) as Problem[];
    throw new Refused(response.status, problems, problems.map((p) => p.detail).join(" "));
  }
  return { body, headers: response.headers, status: response.status };
}
