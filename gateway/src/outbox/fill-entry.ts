// Fills an outbox with weighings through the real code, for benchmarks of start, memory and drain:
//   node gateway/dist/outbox/fill-entry.js --dir DIR --gw ID --key signing.pem --records N
// Prints one JSON object: {"records":N,"seconds":S,"line":{…}}. Every record is durable and sealed when it does.
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { parseArgs } from "node:util";
import { encodeRecord, type Line, type RecordTime, toHex, type WeighingBody } from "@mingcheng/protocols";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import { loadSigner } from "../crypto/signing-key.ts";
import { openOutbox } from "./open-outbox.ts";

/** So many records wait for the disk at once, as after a burst of captures. */
const chunkRecords = 500;
const devices = 20;

const { values } = parseArgs({
  options: {
    dir: { type: "string" },
    gw: { type: "string" },
    key: { type: "string" },
    records: { type: "string" },
  },
});
const { dir, gw, key } = values;
const records = Number(values.records);
if (dir === undefined || gw === undefined || key === undefined || !Number.isSafeInteger(records)) {
  console.error("usage: fill-entry --dir DIR --gw ID --key signing.pem --records N");
  process.exit(2);
}

const wall = (): string => new Date().toISOString().replace("Z", "+00:00");
const time = (): RecordTime => ({
  wall: wall(),
  mono_ms: performance.now(),
  boot: hostname().slice(0, 64),
  sync: "ntp",
  err_ms: 50,
});
const salt = (): string => toHex(randomBytes(16));
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

const counts = new Map<string, number>();
const record = (line: Line, seq: number, dev: string, kind: string, body: Record<string, unknown>, raw: string) => {
  const n = (counts.get(dev) ?? 0) + 1;
  counts.set(dev, n);
  return encodeRecord({ v: 1, ...line, seq, dev, n, kind, t: time(), salt: salt(), body, raw });
};

const weighing = (index: number): WeighingBody => {
  const grams = 5 + (index % 29_990) * 5;
  const value = (grams / 1000).toFixed(3);
  return {
    protocol: "mt-continuous",
    value,
    unit: "kg",
    grams: String(grams),
    mode: "gross",
    stable: "reported-stable",
    tare: "0.000",
    tareGrams: "0",
    settling: { samples: 2, durationMs: 120, rule: "reported" },
  };
};

const raw = Buffer.from("\x02,0   123   000\rr", "latin1").toString("base64");
const outbox = await openOutbox({
  dir,
  gw,
  crypto: nodeCrypto,
  signer: await loadSigner(key),
  clock: { wall, nowMs: () => performance.now() },
  random: (bytes) => randomBytes(bytes),
  log: quiet,
  software: { name: "mingcheng-gateway fill", version: "1" },
  buildEpoch: (line, body) => record(line, 1, gw, "epoch", body, ""),
});
const started = performance.now();
for (let done = 0; done < records; done += chunkRecords) {
  const chunk = Array.from({ length: Math.min(chunkRecords, records - done) }, (_, index) =>
    outbox.append(
      (seq) => record(outbox.line, seq, `fill-${(done + index) % devices}`, "weighing", weighing(done + index), raw),
      { urgent: false },
    ),
  );
  await Promise.all(chunk);
}
const seconds = (performance.now() - started) / 1000;
const { line } = outbox;
await outbox.close();
console.log(JSON.stringify({ records, seconds, line }));
