import type { SeriesRetention } from "@mingcheng/protocols";

/** One series of an answer in InfluxQL. */
export interface QueriedSeries {
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly values: readonly (readonly (string | number | null)[])[];
}

/** A time series server, as the feed needs it. */
export interface SeriesServer {
  /**
   * Resolves once the server has accepted all lines.
   * @throws {LinesRefused} the server refuses something of them, and will again; what it did not refuse it may have taken
   * @throws {ServerUnavailable} it does not take anything now
   */
  write(retention: SeriesRetention, lines: readonly string[]): Promise<void>;
  /** Changes when the server was started anew; null when it does not say. @throws {ServerUnavailable} */
  startMark(): Promise<string | null>;
  /** Makes what is not there: database and retention policies, or buckets. @throws {ServerUnavailable} */
  setUp(): Promise<void>;
  /** Asks in InfluxQL; times in milliseconds. Undefined when the server knows no InfluxQL. @throws {ServerUnavailable} */
  query(influxQl: string): Promise<readonly QueriedSeries[] | undefined>;
  /** Removes the points of a measurement from `fromMs` to `toMs` (not in it). False when the server cannot. */
  remove(measurement: string, retention: SeriesRetention, fromMs: number, toMs: number): Promise<boolean>;
  close(): void;
}

/** The server refuses lines for good. `reason` is what it says. */
export class LinesRefused extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "LinesRefused";
  }
}

/** The server does not take or answer now: down, slow, overloaded, or refusing the credentials. */
export class ServerUnavailable extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "ServerUnavailable";
  }
}
