import { randomBytes } from "node:crypto";
import { decodeRecord, type EpochBody, encodeRecord, epochBody, type Line, toHex } from "@mingcheng/protocols";
import type { HeldRecord } from "./capture-log.ts";

const record = (line: Line, seq: number, kind: string, body: Record<string, unknown>): Uint8Array => {
  const wall = new Date().toISOString();
  const t = { wall, mono_ms: performance.now(), boot: "kill-test", sync: "ntp", err_ms: 50 } as const;
  const salt = toHex(randomBytes(16));
  return encodeRecord({ v: 1, ...line, seq, dev: line.gw, n: seq, kind, t, salt, body, raw: "" });
};

/** A record that says `id`, padded to the length of a weighing with its raw bytes. */
export const captureRecord = (line: Line, seq: number, id: string): Uint8Array =>
  record(line, seq, "audit", { actor: "kill-test", action: id, detail: "·".repeat(100 + (seq % 7) * 40) });

/** The first record of a line. */
export const epochRecord = (line: Line, body: EpochBody): Uint8Array => record(line, 1, "epoch", { ...body });

/** Reads back what {@link captureRecord} and {@link epochRecord} wrote. @throws {Error} for anything else */
export const readSaid = (bytes: Uint8Array): Pick<HeldRecord, "id" | "predecessor" | "seq"> => {
  const decoded = decodeRecord(bytes);
  if (!decoded.ok) throw new Error(`no record: ${decoded.reason}`);
  const { kind, body, seq } = decoded.record;
  if (kind === "epoch") return { id: null, predecessor: epochBody.parse(body).predecessor, seq };
  return { id: String(body["action"]), predecessor: null, seq };
};
