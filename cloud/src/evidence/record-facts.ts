import { fromUtf8 } from "@mingcheng/protocols";

/** What decides whether a record is asked for or withheld. */
export interface RecordFacts {
  readonly dev: string;
  readonly kind: string;
  /**
   * When it happened, milliseconds since 1970: the record's own time, or the time of receipt where the gateway's clock had
   * not been set.
   */
  readonly atMs: number;
  /** True when it is about the gateway itself: its epochs, gaps, clock, configuration. */
  readonly isGatewaysOwn: boolean;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

const parsed = (bytes: Uint8Array): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(fromUtf8(bytes) ?? "");
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
};

/** Facts of a record as it is stored. Of one that no longer reads as a record: no device, no kind, the time of receipt. */
export const recordFacts = (gw: string, bytes: Uint8Array, receivedMs: number): RecordFacts => {
  const { dev, kind, t } = parsed(bytes);
  const time = isObject(t) ? t : {};
  const ownMs = time["sync"] === "none" ? Number.NaN : Date.parse(String(time["wall"]));
  return {
    dev: typeof dev === "string" ? dev : "",
    kind: typeof kind === "string" ? kind : "",
    atMs: Number.isNaN(ownMs) ? receivedMs : ownMs,
    isGatewaysOwn: dev === gw,
  };
};
