import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeRecord, type Line, toHex } from "@mingcheng/protocols";
import type { GatewayClock } from "../../src/clock/gateway-clock.ts";
import { nodeCrypto } from "../../src/crypto/node-crypto.ts";
import { generateSigningKey, signerFromPem } from "../../src/crypto/signing-key.ts";
import type { GatewayIdentity } from "../../src/identity/identity.ts";
import { createKeyRing } from "../../src/identity/key-ring.ts";
import { type Outbox, openOutbox } from "../../src/outbox/outbox.ts";

/** A log that nobody reads. */
export const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A directory for one test. */
export const temporaryDirectory = async (): Promise<{ dir: string; remove: () => Promise<void> }> => {
  const dir = await mkdtemp(join(tmpdir(), "mingcheng-uplink-"));
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
};

/** The machine's own clocks, and what was learnt through it. */
export const plainClock = (): GatewayClock & { readonly learnt: { at: string; askedMs: number }[] } => {
  const learnt: { at: string; askedMs: number }[] = [];
  const wall = () => new Date().toISOString().replace("Z", "+00:00");
  const nowMs = () => performance.now();
  return {
    learnt,
    nowMs,
    wall,
    time: () => ({ wall: wall(), mono_ms: nowMs(), boot: "boot", sync: "ntp", err_ms: 100 }),
    after: (delayMs, task) => {
      const timer = setTimeout(task, delayMs).unref();
      return () => clearTimeout(timer);
    },
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(timer);
          signal.removeEventListener("abort", end);
          resolve();
        };
        const timer = setTimeout(end, ms);
        signal.addEventListener("abort", end, { once: true });
      }),
    onChange: () => () => undefined,
    learn: (at, askedMs) => learnt.push({ at, askedMs }),
    refresh: () => Promise.resolve(),
    floorMs: () => 0,
    isBehind: () => false,
    status: () => ({ wall: wall(), sync: "ntp", errMs: 100, isBehind: false, steps: 0, aheadOfCentreMs: null }),
    close: async () => undefined,
  };
};

/** A record of a scale, serialised. */
export const weighing = (line: Line, seq: number, kind = "weighing"): Uint8Array =>
  encodeRecord({
    v: 1,
    ...line,
    seq,
    dev: kind === "epoch" ? line.gw : "scale-1",
    n: Math.max(1, seq - 1),
    kind,
    t: { wall: "2026-11-25T08:00:00.000+08:00", mono_ms: seq, boot: "boot", sync: "ntp", err_ms: 100 },
    salt: toHex(randomBytes(16)),
    body: kind === "epoch" ? { predecessor: null } : { value: "1.235", unit: "kg", at: seq },
    raw: "AjQwMCAgIDEyMzUgICAgIDANAg==",
  });

/** Opens an outbox with small segments. */
export const smallOutbox = (dir: string, identity: GatewayIdentity): Promise<Outbox> =>
  openOutbox({
    dir: join(dir, "outbox"),
    gw: identity.gw,
    crypto: nodeCrypto,
    signer: identity.signer,
    clock: plainClock(),
    random: (bytes) => randomBytes(bytes),
    segmentBytes: 128 * 1024,
    reserveBytes: 0,
    log: quiet,
    software: { name: "test", version: "0" },
    buildEpoch: (line, body) =>
      encodeRecord({
        v: 1,
        ...line,
        seq: 1,
        dev: line.gw,
        n: 1,
        kind: "epoch",
        t: { wall: "2026-11-25T08:00:00.000+08:00", mono_ms: 1, boot: "boot", sync: "ntp", err_ms: 100 },
        salt: toHex(randomBytes(16)),
        body,
        raw: "",
      }),
  });

/** Captures `count` weighings and waits for the disk. */
export const capture = async (outbox: Outbox, count: number, urgent = false): Promise<void> => {
  for (let done = 0; done < count; done += 500) {
    const chunk = Array.from({ length: Math.min(500, count - done) }, () =>
      outbox.append((seq) => weighing(outbox.line, seq, urgent ? "test" : "weighing"), { urgent }),
    );
    await Promise.all(chunk);
  }
};

/** An identity as if enrolled. */
export const identityFor = (
  gw: string,
  credential: string,
  port: number,
  receiptKey: Uint8Array,
  caPem: string,
): GatewayIdentity => ({
  gw,
  signer: createKeyRing(signerFromPem(generateSigningKey()), new Uint8Array()),
  credential,
  mqtt: { host: "127.0.0.1", port },
  receiptKey,
  commandKey: receiptKey,
  manifestKey: receiptKey,
  caPem,
  centreName: "test",
  site: "test",
  replaces: false,
  enrolledAt: "2026-11-25T00:00:00.000Z",
});
