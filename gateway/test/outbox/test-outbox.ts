import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EpochBody, Line, LineOfGateway } from "@mingcheng/protocols";
import { nodeCrypto } from "../../src/crypto/node-crypto.ts";
import { generateSigningKey, signerFromPem } from "../../src/crypto/signing-key.ts";
import { type Appended, type Outbox, type OutboxOptions, openOutbox } from "../../src/outbox/outbox.ts";
import { ManualClock } from "./manual-clock.ts";

export const gateway = "market-test";
export const signer = signerFromPem(generateSigningKey());
export const silentLog = { info: () => undefined, warn: () => undefined, error: () => undefined };

const opened = new Set<Outbox>();
const directories: string[] = [];

/** A directory of its own, removed by {@link cleanUp}. */
export const freshDirectory = (): string => {
  const dir = mkdtempSync(join(tmpdir(), "mingcheng-outbox-"));
  directories.push(dir);
  return join(dir, "outbox");
};

/** Closes what is still open and removes what was made: for `afterEach`. */
export const cleanUp = async (): Promise<void> => {
  for (const outbox of opened) await outbox.close().catch(() => undefined);
  opened.clear();
  for (const dir of directories.splice(0)) rmSync(dir, { recursive: true, force: true });
};

/** The bytes of a test record: where it lies and what it says, `bytes` long at least. */
export const recordText = (line: LineOfGateway, seq: number, text: string, bytes = 0): Uint8Array =>
  Buffer.from(JSON.stringify({ ep: line.ep, eid: line.eid, seq, text }).padEnd(bytes, " "));

export const epochText = (line: Line, body: EpochBody): Uint8Array =>
  Buffer.from(JSON.stringify({ ep: line.ep, eid: line.eid, seq: 1, epoch: body }));

/** Options for an outbox with small segments, no reserve and a clock that stands still. */
export const optionsFor = (dir: string, more: Partial<OutboxOptions> = {}): OutboxOptions => ({
  dir,
  gw: gateway,
  crypto: nodeCrypto,
  signer,
  clock: new ManualClock(),
  random: (bytes) => randomBytes(bytes),
  segmentBytes: 128 * 1024,
  reserveBytes: 0,
  log: silentLog,
  software: { name: "mingcheng-gateway", version: "0.0.0" },
  buildEpoch: epochText,
  ...more,
});

/** Opens an outbox with {@link optionsFor}; {@link cleanUp} closes it. */
export const openTest = async (dir: string, more: Partial<OutboxOptions> = {}): Promise<Outbox> => {
  const outbox = await openOutbox(optionsFor(dir, more));
  opened.add(outbox);
  return outbox;
};

/** Appends one record that says `text`. */
export const append = (outbox: Outbox, text: string, bytes = 0, urgent = false): Promise<Appended> =>
  outbox.append((seq) => recordText(outbox.line, seq, text, bytes), { urgent });

/** Appends `count` records, `atOnce` at a time. */
export const appendMany = async (outbox: Outbox, count: number, bytes = 600, atOnce = 10): Promise<void> => {
  for (let done = 0; done < count; done += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, count - done) }, (_, index) =>
      append(outbox, `record ${done + index}`, bytes),
    );
    await Promise.all(some);
  }
};

/** Every record the outbox holds, by `ep.eid.seq`, as it serves them. */
export const readAll = async (outbox: Outbox): Promise<Map<string, string>> => {
  const all = new Map<string, string>();
  for (const { ep, eid, held } of outbox.inventory()) {
    for (const { from, to } of held) {
      for (let next = from; next <= to; ) {
        const read = await outbox.read({ ep, eid }, next, to, { maxRecords: 512, maxBytes: 256 * 1024 });
        for (const [index, bytes] of read.records.entries()) {
          all.set(`${ep}.${eid}.${read.first + index}`, Buffer.from(bytes).toString());
        }
        next = read.last + 1;
      }
    }
  }
  return all;
};

/** Resolves when `event` calls its listener for the first time from now on. */
export const once = <T>(event: (listener: (value: T) => void) => () => void): Promise<T> =>
  new Promise((resolve) => {
    const end = event((value) => {
      end();
      resolve(value);
    });
  });
