import { isDeepStrictEqual } from "node:util";
import type { MarketScreenConfig } from "../config/market-screen-config.ts";
import type { MarketScreenParts } from "./market-screen-parts.ts";
import type { MarketScreen } from "./open-market-screen.ts";

/** Where it listens and under which names: anything else can change while it runs. */
const placeOf = ({ host, port, names }: MarketScreenConfig) => ({ host, port, names });

/** The market's public screen as configured, or none: then nothing of it is loaded, and no port is open. */
export class ConfiguredMarketScreen {
  private screen: MarketScreen | undefined;
  private config: MarketScreenConfig | undefined;
  private parts: MarketScreenParts | undefined;
  private ended = false;

  /** A port that is taken does not keep the gateway from capturing. Never rejects. */
  async open(config: MarketScreenConfig | undefined, parts: MarketScreenParts): Promise<void> {
    this.parts = parts;
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
      this.screen = await openMarketScreen(config, parts);
    } catch (error) {
      parts.log.error({ err: error }, "market screen: it cannot be served");
    }
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
  }
}
