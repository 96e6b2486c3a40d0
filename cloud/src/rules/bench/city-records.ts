import { encodeRecord, type MingchengRecord } from "@mingcheng/protocols";
import { ledgerMigrations } from "../../ledger/ledger-schema.ts";
import { openForWriting } from "../../store/database.ts";
import { ledgerPath } from "../../store/store-paths.ts";
import { bodyOf } from "../trial/sample-bodies.ts";

/** A city as the benchmark has it: gateways with so many devices each. */
export interface City {
  readonly devices: number;
  readonly devicesPerGateway: number;
}

/** What the benchmark writes into a ledger. */
export interface CityLedger extends City {
  readonly records: number;
  /** First moment, and how many days are spread over their open hours from there, in milliseconds since 1970. */
  readonly startMs: number;
  readonly days: number;
}

/** Of a gateway's devices the first are scales, then testers, then cameras. */
export const deviceClass = (index: number, { devicesPerGateway }: City): "scale" | "tester" | "camera" => {
  const place = index % devicesPerGateway;
  const scales = Math.max(1, devicesPerGateway - 6);
  return place < scales ? "scale" : place < scales + 2 ? "tester" : "camera";
};

const dayMs = 86_400_000;
const opensMs = 6 * 3_600_000;
const openMs = 13 * 3_600_000;
const bootMs = 1_000_000;
/** Records reach the ledger in bundles, each of one gateway. */
const perBundle = 16;

/** A generator of numbers in [0, 1), the same for every run. */
const numbers = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

type Body = Record<string, unknown>;

const saleOf = (random: () => number): Body => {
  const lines = Array.from({ length: random() < 0.8 ? 1 : 3 }, () => {
    const fen = 100 + Math.floor(random() * 4_000);
    return {
      ...{ item: String(1000 + Math.floor(random() * 40)), grossAmountFen: fen, amountFen: fen },
      ...(random() < 0.0005 ? { mismatch: true, differenceFen: "30" } : {}),
    };
  });
  return bodyOf("sale", { lines, amountFen: lines.reduce((sum, { amountFen }) => sum + amountFen, 0) });
};

const weighingOf = (random: () => number): Body => {
  const grams = String(20 + Math.floor(random() ** 2 * 4_980));
  const tare = random() < 0.1 ? String(5 + Math.floor(random() * 4)) : null;
  return bodyOf("weighing", { value: grams, grams, tare, tareGrams: tare });
};

const testOf = (random: () => number, index: number, atMs: number): Body => {
  const verdict = random() < 0.0136 ? "positive" : random() < 0.01 ? "suspect" : "negative";
  const value = (random() * 40 + (verdict === "positive" ? 50 : 0)).toFixed(1);
  const completedAt = new Date(atMs + 8 * 3_600_000).toISOString().replaceAll(/\D/g, "").slice(0, 14);
  return bodyOf("test", {
    specimenId: `S-${index}`,
    value,
    number: value,
    verdict,
    instrumentVerdict: verdict,
    completedAt,
  });
};

const scaleEvents = ["zeroed", "tared", "normal", "zeroed", "tared", "zeroed", "power-on", "not-zeroed"] as const;

/** What a device says next: of a hundred records of a scale 64 weighings, 31 sales and 5 about itself. */
const said = (kind: "scale" | "tester" | "camera", index: number, atMs: number, random: () => number) => {
  const share = random();
  const device = { kind: "device", body: bodyOf("device", share < 0.5 ? { status: "silent" } : {}) };
  if (kind === "camera") return { kind: "camera", body: bodyOf("camera", share < 0.02 ? { state: "stalled" } : {}) };
  if (kind === "tester") {
    return random() < 0.95 ? { kind: "test", body: testOf(random, index, atMs) } : device;
  }
  const what = random();
  if (what < 0.64) return { kind: "weighing", body: weighingOf(random) };
  if (what < 0.95) return { kind: "sale", body: saleOf(random) };
  if (what > 0.9999) return { kind: "scale-event", body: bodyOf("scale-event", { state: "cover-opened" }) };
  if (what > 0.98) return device;
  const state = scaleEvents[Math.floor(share * scaleEvents.length)];
  return { kind: "scale-event", body: bodyOf("scale-event", { state }) };
};

/** Testers and cameras say little: of fifty records forty-eight come from scales. */
const speaker = (gateway: number, city: City, random: () => number): number => {
  const { devices, devicesPerGateway } = city;
  const first = gateway * devicesPerGateway;
  const count = Math.min(devicesPerGateway, devices - first);
  const scales = Math.min(count, Math.max(1, devicesPerGateway - 6));
  const isScale = count <= scales || random() < 0.96;
  return first + (isScale ? Math.floor(random() * scales) : scales + Math.floor(random() * (count - scales)));
};

/** Writes a city's records into the ledger of an empty directory, bundle after bundle, the whole city at once. */
export const fillLedger = (directory: string, ledger: CityLedger): void => {
  const { records, devices, devicesPerGateway, startMs, days } = ledger;
  const database = openForWriting({ path: ledgerPath(directory), migrations: ledgerMigrations });
  const gateways = Math.ceil(devices / devicesPerGateway);
  const eid = "0123456789abcdef0123456789abcdef";
  const line = database.prepare("INSERT INTO line (gw, ep, eid, first_seen_ms) VALUES (?, 1, ?, ?)");
  for (let gateway = 0; gateway < gateways; gateway++) line.run(`gw-${gateway}`, eid, startMs);
  const insert = database.prepare(
    "INSERT INTO record (line, seq, lane, received_ms, digest, bytes) VALUES (?, ?, 1, ?, zeroblob(32), ?)",
  );
  const seqs = new Array<number>(gateways).fill(0);
  const random = numbers(1);
  const write = (index: number, gateway: number): void => {
    const seq = (seqs[gateway] ?? 0) + 1;
    seqs[gateway] = seq;
    const at = (index / records) * days;
    const atMs = Math.floor(startMs + Math.floor(at) * dayMs + opensMs + (at % 1) * openMs);
    const device = speaker(gateway, ledger, random);
    const { kind, body } = said(deviceClass(device, ledger), index, atMs, random);
    const record: MingchengRecord = {
      ...{ v: 1, gw: `gw-${gateway}`, ep: 1, eid, seq, dev: `dev-${device}`, n: seq, kind },
      t: {
        wall: new Date(atMs).toISOString(),
        mono_ms: atMs - startMs + bootMs,
        boot: "bench",
        sync: "ntp",
        err_ms: 10,
      },
      ...{ salt: index.toString(16).padStart(32, "0"), body, raw: "AjAwMDAwMDAwMDAwMDAwMDANCg==" },
    };
    insert.run(gateway + 1, seq, atMs + 60, encodeRecord(record));
  };
  const batch = database.transaction((from: number) => {
    for (let index = from; index < Math.min(records, from + 10_000); index += perBundle) {
      const gateway = Math.floor(random() * gateways);
      for (let offset = 0; offset < perBundle && index + offset < records; offset++) write(index + offset, gateway);
    }
  });
  for (let from = 0; from < records; from += 10_000) batch(from);
  database.close();
};
