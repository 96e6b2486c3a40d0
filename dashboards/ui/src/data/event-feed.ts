import type { LiveReading, WallAct } from "@mingcheng/protocols";

/** How the stream of events stands. */
export type FeedState = "connecting" | "open" | "broken";

/** What {@link EventFeed} tells. */
export interface FeedListener {
  state(state: FeedState): void;
  /** Something on the page is no longer as it was: read it again. */
  moved(): void;
  live(reading: LiveReading): void;
  /** Somebody wants this wall to show something. */
  wall?(act: WallAct): void;
  signedOut(): void;
}

const firstWaitMs = 2_000;
const longestWaitMs = 30_000;

/**
 * Listens to the centre. A stream that breaks is resumed by the browser, with the id of the last event; one that was
 * refused is opened anew, after a wait that grows.
 */
export class EventFeed {
  readonly #listener: FeedListener;
  readonly #path: string;
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waitMs = firstWaitMs;
  #greeted = false;
  #isOpen = false;

  /** `query`: what of the events is wanted, as in docs/api.md. */
  constructor(listener: FeedListener, query: Readonly<Record<string, string>> = {}) {
    this.#listener = listener;
    const asked = new URLSearchParams(query).toString();
    this.#path = `/api/v1/events${asked === "" ? "" : `?${asked}`}`;
  }

  /** Opens the stream; a feed that is open already starts anew. */
  open(): void {
    this.close();
    this.#listener.state("connecting");
    const source = new EventSource(this.#path);
    this.#source = source;
    source.addEventListener("hello", () => this.#hello());
    for (const name of ["records", "changed", "reload"]) source.addEventListener(name, () => this.#listener.moved());
    source.addEventListener("live", (event: MessageEvent<string>) => {
      this.#listener.live(JSON.parse(event.data) as LiveReading);
    });
    source.addEventListener("wall", (event: MessageEvent<string>) => {
      this.#listener.wall?.((JSON.parse(event.data) as { readonly act: WallAct }).act);
    });
    source.addEventListener("signed-out", () => {
      this.close();
      this.#listener.signedOut();
    });
    source.onerror = () => this.#broke(source);
  }

  #hello(): void {
    this.#waitMs = firstWaitMs;
    this.#isOpen = true;
    this.#listener.state("open");
    // Alerts and gateways may have changed while nobody listened; records alone would be resumed.
    if (this.#greeted) this.#listener.moved();
    this.#greeted = true;
  }

  #broke(source: EventSource): void {
    this.#listener.state("broken");
    // The answer to an ordinary request says why: unreachable, signed out, forbidden.
    if (this.#isOpen || source.readyState === EventSource.CLOSED) this.#listener.moved();
    this.#isOpen = false;
    if (source.readyState !== EventSource.CLOSED) return;
    this.#timer = setTimeout(() => this.open(), this.#waitMs * (0.5 + Math.random() / 2));
    this.#waitMs = Math.min(this.#waitMs * 2, longestWaitMs);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = undefined;
  }
}
