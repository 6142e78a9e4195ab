// Live news. One socket per page says what changed, never the data: whoever shows it asks again. Elements name their topics in
// data-live="contacts" or "contacts/42 jobs/7" and get a "live" event for each; after a lost connection the socket resumes
// from the last position it heard of, so nothing that happened meanwhile is missed.

export interface News {
  position?: number;
  entity?: string;
  id?: string;
  action?: string;
  reset?: boolean;
  notices?: number;
  presence?: string;
  users?: { id: string; name: string }[];
  error?: string;
  maintenance?: { on: boolean; at: string | null; message: string };
}

const FIRST_WAIT = 500;
const LATER = 1013; // the box closes for maintenance
const LONGEST_WAIT = 4_000;

class Line {
  private socket: WebSocket | null = null;
  private wait = FIRST_WAIT;
  private position: number | undefined;
  private topics = new Set<string>();
  private present = new Set<string>();
  private wasUp = false;

  constructor() {
    const at = Number(document.body.dataset["position"]);
    this.position = Number.isFinite(at) && document.body.dataset["position"] ? at : undefined;
  }

  /** Hear of these topics from now on; `present` also tells the others on them that this person is here. */
  follow(topics: string[], present = false): void {
    const fresh = topics.filter((t) => !this.topics.has(t));
    for (const topic of topics) {
      this.topics.add(topic);
      if (present) this.present.add(topic);
    }
    if (!this.socket && this.topics.size) this.connect();
    else if (fresh.length && this.socket?.readyState === WebSocket.OPEN) this.ask(fresh);
  }

  private connect(): void {
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/live`);
    this.socket = socket;
    socket.addEventListener("open", () => {
      this.wait = FIRST_WAIT;
      this.ask([...this.topics]);
      show(true);
      if (this.wasUp) document.dispatchEvent(new CustomEvent("live:back"));
      this.wasUp = true;
    });
    socket.addEventListener("message", (event) => this.hear(String(event.data)));
    socket.addEventListener("close", (event) => {
      this.socket = null;
      show(false);
      document.dispatchEvent(new CustomEvent("live:lost", { detail: { maintenance: event.code === LATER } }));
      // Not all at once: after a restart every open page of the house would come at the same moment.
      window.setTimeout(() => this.connect(), this.wait * (0.6 + Math.random() * 0.8));
      this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
    });
  }

  private ask(topics: string[]): void {
    const wish: Record<string, unknown> = { subscribe: topics };
    if (this.position !== undefined) wish["after"] = this.position;
    if (topics.some((t) => this.present.has(t))) wish["presence"] = true;
    this.socket?.send(JSON.stringify(wish));
  }

  private hear(text: string): void {
    const news = JSON.parse(text) as News;
    if (typeof news.position === "number") this.position = Math.max(this.position ?? 0, news.position);
    document.dispatchEvent(new CustomEvent("live", { detail: news }));
    if (news.reset) {
      for (const element of followers()) element.dispatchEvent(new CustomEvent("live:changed", { detail: news }));
      return;
    }
    const topics = news.entity ? [news.entity, `${news.entity}/${news.id}`] : news.presence ? [news.presence] : [];
    for (const element of followers()) {
      if (!topicsOf(element).some((t) => topics.includes(t))) continue;
      element.dispatchEvent(new CustomEvent(news.presence ? "live:presence" : "live:changed", { detail: news }));
    }
  }
}

const followers = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>("[data-live]")];
const topicsOf = (element: HTMLElement): string[] => (element.dataset["live"] ?? "").split(" ").filter(Boolean);

/** The dot at the foot of the navigation, and a word for those who cannot see it. */
function show(up: boolean): void {
  const dot = document.querySelector<HTMLElement>("[data-line]");
  dot?.classList.toggle("tint-green", up);
  dot?.classList.toggle("tint-amber", !up);
  const words = document.querySelector<HTMLElement>("[data-line-text]");
  if (words) words.textContent = (up ? words.dataset["up"] : words.dataset["down"]) ?? "";
}

export const line = new Line();

/** Follow what the page shows; call again when a fragment brought new elements. */
export function followPage(): void {
  for (const element of followers()) line.follow(topicsOf(element), "livePresent" in element.dataset);
}
