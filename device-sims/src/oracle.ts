import { closeSync, openSync, writeSync } from "node:fs";

/** A load that was put on a simulated scale and taken off again. */
export interface LoadEntry {
  readonly event: "load";
  readonly device: string;
  readonly protocol: string;
  /** Weight shown while it stood still, as sent. */
  readonly value: string;
  readonly unit: string;
  readonly mode: "gross" | "net" | "unknown";
  readonly tare: string | null;
  /**
   * True when one and the same connection carried the empty pan before, the standing weight and the empty pan after,
   * and no fault touched a frame: whoever listened must have it. False: nobody can promise it.
   */
  readonly heard: boolean;
  readonly settledFrames: number;
  readonly damagedFrames: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

/** A state a simulated scale went through (overload and the like). */
export interface StateEntry {
  readonly event: "state";
  readonly device: string;
  readonly protocol: string;
  readonly state: "overload" | "underload" | "not-zeroed";
  readonly heard: boolean;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

/** What a simulated tester says about one result. `said`: sent for the first time; `acknowledged`: got the ACK for it. */
export interface ResultEntry {
  readonly event: "result-said" | "result-acknowledged";
  readonly device: string;
  readonly protocol: string;
  /** Number of the result within this device, the same in both entries. */
  readonly result: number;
  readonly message: number;
  readonly specimenId: string;
  readonly item: string;
  readonly assay: string;
  readonly value: string;
  readonly unit: string;
  readonly completedAt: string;
  readonly atMs: number;
}

/** How the sending of a message went on. */
export interface MessageEntry {
  readonly event: "message-complete" | "message-aborted";
  readonly device: string;
  readonly message: number;
  readonly attempt: number;
  readonly reason: "done" | "no-reply" | "refused" | "receiver-interrupt" | "line-down";
  readonly atMs: number;
}

/** A connection came or went. */
export interface LineEntry {
  readonly event: "line-up" | "line-down";
  readonly device: string;
  readonly atMs: number;
}

/**
 * What a device that sends by itself says about one message. `said`: sent for the first time; `acknowledged`: the gateway
 * said that it is a record; `refused`: that it is none and is kept.
 */
export interface SmartEntry {
  readonly event: "message-said" | "message-acknowledged" | "message-refused";
  readonly device: string;
  readonly protocol: string;
  readonly channel: "sales" | "weighings" | "events" | "tests";
  /** The device's own id of the message. */
  readonly id: string;
  readonly text: string;
  readonly answer: unknown;
  readonly atMs: number;
}

/** A device, or somebody in its place, did what it should not. */
export interface MischiefEntry {
  readonly event: "misbehaved";
  readonly device: string;
  readonly how: string;
  readonly outcome: string;
  readonly sentBytes: number;
  readonly atMs: number;
}

/** One line of the oracle log; times are milliseconds since 1970. */
export type OracleEntry = LoadEntry | StateEntry | ResultEntry | MessageEntry | LineEntry | SmartEntry | MischiefEntry;

/** Where simulated devices write what really happened, independently of everything downstream. */
export interface Oracle {
  write(entry: OracleEntry): void;
  /** Wall time in milliseconds since 1970. */
  wallMs(): number;
}

/** Keeps entries in memory. */
export const createMemoryOracle = (wallMs: () => number = Date.now): Oracle & { readonly entries: OracleEntry[] } => {
  const entries: OracleEntry[] = [];
  return { entries, write: (entry) => void entries.push(entry), wallMs };
};

/** Appends entries to a file as JSON lines, each in one write, so that a killed simulator leaves whole lines. */
export const openFileOracle = (path: string, wallMs: () => number = Date.now): Oracle & { close(): void } => {
  const file = openSync(path, "a", 0o644);
  return {
    write: (entry) => void writeSync(file, `${JSON.stringify(entry)}\n`),
    wallMs,
    close: () => closeSync(file),
  };
};
