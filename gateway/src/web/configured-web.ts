import type { WebConfig } from "../config/web-config.ts";
import type { Web } from "./open-web.ts";
import type { WebParts } from "./web-parts.ts";

/** The local web as configured, or none: then nothing of it is loaded, and no port is open. */
export class ConfiguredWeb {
  private web: Web | undefined;
  private wall = (): string => "";

  /** A port that is taken, or a disk that is full, does not keep the gateway from capturing. Never rejects. */
  async open(config: WebConfig | undefined, parts: WebParts): Promise<void> {
    if (config === undefined) return;
    this.wall = () => parts.clock.wall();
    try {
      const { openWeb } = await import("./open-web.ts");
      this.web = await openWeb({ config, parts });
    } catch (error) {
      parts.log.error({ err: error }, "web: the set-up page cannot be served");
    }
  }

  /** Where it is served; undefined where it is not. */
  get url(): string | undefined {
    return this.web?.url;
  }

  /** Whether a token opens the set-up page. */
  holds(token: string): boolean {
    return this.web?.holds(token) ?? false;
  }

  /** An unsettled value. Costs nothing without a local web. */
  live(device: string, body: Readonly<Record<string, unknown>>): void {
    this.web?.show({ device, at: this.wall(), what: "live", kind: null, body });
  }

  /** A record that is on disk. */
  captured(device: string, kind: string, body: Readonly<Record<string, unknown>>): void {
    this.web?.show({ device, at: this.wall(), what: "captured", kind, body });
  }

  async close(): Promise<void> {
    await this.web?.close();
  }
}
