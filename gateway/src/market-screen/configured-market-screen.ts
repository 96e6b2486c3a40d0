import { isDeepStrictEqual } from "node:util";
import type { MarketScreenConfig } from "../config/market-screen-config.ts";
import type { MarketScreenParts } from "./market-screen-parts.ts";
import type { MarketScreen } from "./open-market-screen.ts";
import type { ViewingBook } from "./viewing-book.ts";

/** Where it listens, under which names, and by which calendar: anything else can change while it runs. */
const placeOf = ({ host, port, names, utcOffset }: MarketScreenConfig) => ({
  ...{ host, port, names, utcOffset },
});

/** The market's public screen as configured, or none: then nothing of it is loaded, and no port is open. */
export class ConfiguredMarketScreen {
  private screen: MarketScreen | undefined;
  private config: MarketScreenConfig | undefined;
  private parts: MarketScreenParts | undefined;
  private ended = false;
  private book: Promise<ViewingBook> | undefined;
  /** What the centre said before this was opened. */
  private early: Uint8Array | undefined;

  /** A port that is taken does not keep the gateway from capturing. Never rejects. */
  async open(config: MarketScreenConfig | undefined, parts: MarketScreenParts): Promise<void> {
    this.parts = parts;
    if (this.early !== undefined) this.hear(this.early);
    await this.reconfigure(config);
  }

  /** Takes another configuration over; notices and stalls change without closing the port. Never rejects. */
  async reconfigure(config: MarketScreenConfig | undefined): Promise<void> {
    const { parts, screen, config: before } = this;
    if (parts === undefined || this.ended || isDeepStrictEqual(config, before)) return;
    this.config = config;
    if (screen !== undefined && before !== undefined && config !== undefined) {
      if (isDeepStrictEqual(placeOf(config), placeOf(before))) {
        screen.show(config);
        return;
      }
    }
    await screen?.close();
    this.screen = undefined;
    if (config === undefined) return;
    try {
      const { openMarketScreen } = await import("./open-market-screen.ts");
      this.screen = await openMarketScreen(config, parts, await this.viewing(parts));
    } catch (error) {
      parts.log.error({ err: error }, "market screen: it cannot be served");
    }
  }

  /** What the centre says about video: whether a channel is switched off. It is kept whether or not a screen is shown. */
  hear(payload: Uint8Array): void {
    const { parts } = this;
    if (this.ended) return;
    if (parts === undefined) {
      this.early = payload;
      return;
    }
    void this.viewing(parts).then((book) => {
      if (book.take(payload)) this.screen?.viewingChanged();
    });
  }

  private viewing({ dataDirectory, log }: MarketScreenParts): Promise<ViewingBook> {
    const onFault = (error: unknown): void => log.error({ err: error }, "market screen: what is switched off");
    this.book ??= import("./viewing-book.ts").then(({ ViewingBook: Book }) => Book.open(dataDirectory, onFault));
    return this.book;
  }

  /** Where it is served; undefined where it is not. */
  get url(): string | undefined {
    return this.screen?.url;
  }

  /** Whether a token opens pictures for the screen. */
  holds(token: string): boolean {
    return this.screen?.holds(token) ?? false;
  }

  async close(): Promise<void> {
    this.ended = true;
    await this.screen?.close();
    await (await this.book)?.written();
  }
}
