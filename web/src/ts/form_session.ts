// Saving by fetch, so that whatever goes wrong leaves the page with all that was typed. When the session has ended, somebody can
// sign in again in another tab: the new session's token is fetched then, and only for the same person.
import { csrf, renewSession } from "./server";

export type Outcome = "saved" | "problems" | "clash" | "signed-out" | "somebody-else" | "unreachable" | "refused";

export interface Sent {
  outcome: Outcome;
  // The small answers of features/forms/pages.py.
  // eslint-disable-next-line
  body: any;
  text: string;
}

/** Send a form; a session that was renewed meanwhile is taken up once. */
export async function send(action: string, data: FormData | URLSearchParams): Promise<Sent> {
  const first = await once(action, data);
  if (first.outcome !== "signed-out") return first;
  const renewed = await renewSession();
  return renewed === "ready" ? once(action, data) : { outcome: renewed, body: null, text: "" };
}

async function once(action: string, data: FormData | URLSearchParams): Promise<Sent> {
  let answer: Response;
  data.set("csrf", csrf());
  try {
    answer = await fetch(action, { method: "POST", body: data, headers: { Accept: "application/json", "X-CSRF-Token": csrf() }, credentials: "same-origin" });
  } catch {
    return { outcome: "unreachable", body: null, text: "" };
  }
  const text = await answer.text();
  const body = parsed(text);
  if (answer.ok) return { outcome: "saved", body, text };
  if (answer.status === 422 && body?.problems) return { outcome: "problems", body, text };
  if (answer.status === 409 && !body) return { outcome: "clash", body, text };
  const codes = ((body?.errors ?? []) as { code?: string }[]).map((e) => e.code);
  if (answer.status === 401 || codes.includes("csrf")) return { outcome: "signed-out", body, text };
  return { outcome: "refused", body, text: ((body?.errors ?? []) as { detail?: string }[]).map((e) => e.detail).join(" ") };
}

// eslint-disable-next-line
function parsed(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
