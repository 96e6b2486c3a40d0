import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { encodeRecord, type MingchengRecord } from "@mingcheng/protocols";
import { GatewayHints } from "../following/gateway-hints.ts";
import { ReadingsThread } from "../following/readings-thread.ts";
import { ledgerMigrations } from "../ledger/ledger-schema.ts";
import { zoneClock } from "../register/model/validity.ts";
import { openRegister } from "../register/register-database.ts";
import { RegisterDesk } from "../register/register-desk.ts";
import { openForWriting } from "../store/database.ts";
import { ledgerPath } from "../store/store-paths.ts";

// Fills an empty data directory for tests and benchmarks of the feed: `node fill-entry.js --dir DIR --records N
// [--spacing MS]`. Three markets with forty scales and a tester each; weighings, sales, tests and events of scales, three of
// each millisecond that has any. Registers the devices and brings the projections up to the ledger.

const timezone = "Asia/Shanghai";
const markets = 3;
const scales = 40;
const items = ["韭菜", "菠菜", "番茄", "黄瓜", "草鱼"] as const;
const eid = (market: number): string => String(market).repeat(32);

type Body = Readonly<Record<string, unknown>>;

const weighing = (turn: number): Body => ({
  ...{ protocol: "mt-continuous", value: `${100 + (turn % 977)}.5`, unit: "g", grams: `${100 + (turn % 977)}.5` },
  ...{ mode: turn % 50 === 0 ? "tare" : "net", stable: "reported-stable", tare: null, tareGrams: null },
  settling: { samples: 12, durationMs: 800, rule: "reported" },
});

const sale = (turn: number): Body => {
  const line = (item: number) => ({
    ...{ item: `i${item}`, name: items[item], soldBy: "weight", weight: "0.5", unit: "kg", grams: "500", count: null },
    ...{ tare: null, unitPriceFen: 800, grossAmountFen: null, amountFen: 400, mismatch: false },
  });
  return {
    ...{ protocol: "mingcheng-json", number: String(turn), at: null, department: null, store: null, scale: null },
    ...{ lines: [line(turn % 5), line((turn + 1) % 5)], amountFen: 800 },
  };
};

const test = (turn: number): Body => {
  const verdict = turn % 7 === 0 ? "positive" : "negative";
  return {
    ...{ protocol: "lis", instrument: { name: "NY-8", version: "1.2", serial: "77" }, specimenId: `S-${turn}` },
    ...{
      item: items[Math.floor(turn / 100) % items.length],
      assay: { code: "OPC", name: "有机磷" },
      value: "12.1",
      number: "12.1",
    },
    ...{ unit: "%", flags: "", status: "F", verdict, verdictRule: "GB/T 5009.199-2003", instrumentVerdict: verdict },
    ...{ startedAt: "", completedAt: String(turn), resendOf: null },
  };
};

const kindOf = (turn: number): readonly [MingchengRecord["kind"], Body] => {
  if (turn % 100 === 1) return ["test", test(turn)];
  if (turn % 100 === 2) return ["scale-event", { protocol: "mt-continuous", state: "overload", previous: "normal" }];
  return turn % 12 === 3 ? ["sale", sale(turn)] : ["weighing", weighing(turn)];
};

const recordOf = (turn: number, seq: number, atMs: number, bootMs: number): MingchengRecord => {
  const market = turn % markets;
  const [kind, body] = kindOf(Math.floor(turn / markets));
  const dev = kind === "test" ? "tester-1" : `scale-${Math.floor(turn / markets) % scales}`;
  return {
    ...{ v: 1, gw: `market-${market}`, ep: 1, eid: eid(market), seq, dev, n: seq, kind },
    t: { wall: new Date(atMs).toISOString(), mono_ms: atMs - bootMs, boot: `boot-${market}`, sync: "ntp", err_ms: 10 },
    ...{ salt: turn.toString(16).padStart(32, "0"), body, raw: "AjAwMDAwMDAwMDAwMDAwMDANCg==" },
  };
};

const register = (directory: string): void => {
  const database = openRegister(directory);
  const each = Array.from({ length: markets }, (_, market) => market);
  const put = (kind: string, values: Readonly<Record<string, string>>) => ({ kind, values });
  const outcome = new RegisterDesk(database, zoneClock(timezone)).change(
    {
      ...{ withdraw: [], dryRun: false },
      put: [
        put("areas", { code: "xm", name: "厦门市", level: "city" }),
        put("areas", { code: "sm", name: "思明区", level: "district", parent: "xm" }),
        put("units", { code: "kg", name: "公斤", dimension: "mass", grams: "1000" }),
        ...items.map((name, item) => put("items", { code: `i${item}`, name, category: "蔬菜", unit: "kg" })),
        ...each.flatMap((market) => [
          put("sites", { code: `s${market}`, name: `市场${market}`, type: "market", area: "sm" }),
          ...["tester-1", ...Array.from({ length: scales }, (_, scale) => `scale-${scale}`)].flatMap((dev) => [
            put("devices", { gw: `market-${market}`, dev, class: dev === "tester-1" ? "tester" : "scale" }),
            put("placements", { gw: `market-${market}`, dev, site: `s${market}` }),
          ]),
        ]),
      ],
    },
    { by: "fill", source: "fill", note: "", atMs: Date.now() },
  );
  database.close();
  if (outcome.change === null) throw new Error(JSON.stringify(outcome));
};

const fill = (directory: string, records: number, spacingMs: number): void => {
  const database = openForWriting({ path: ledgerPath(directory), migrations: ledgerMigrations });
  const startMs = Date.now() - Math.ceil(records / markets) * spacingMs - 1_000;
  for (let market = 0; market < markets; market++) {
    const line = database.prepare("INSERT INTO line (gw, ep, eid, first_seen_ms) VALUES (?, 1, ?, ?)");
    line.run(`market-${market}`, eid(market), startMs);
  }
  const insert = database.prepare(
    "INSERT INTO record (line, seq, lane, received_ms, digest, bytes) VALUES (?, ?, 0, ?, ?, ?)",
  );
  const seqs = new Array<number>(markets).fill(0);
  database.transaction(() => {
    for (let turn = 0; turn < records; turn++) {
      const market = turn % markets;
      const seq = (seqs[market] ?? 0) + 1;
      seqs[market] = seq;
      // Three behind one another on a gateway share a millisecond.
      const atMs = startMs + Math.floor(turn / markets / 3) * 3 * spacingMs;
      const bytes = encodeRecord(recordOf(turn, seq, atMs, startMs));
      insert.run(market + 1, seq, atMs + 60, createHash("sha256").update(bytes).digest(), bytes);
    }
  })();
  database.close();
};

const project = async (dataDirectory: string): Promise<void> => {
  const ports = { hints: new GatewayHints(), onAppend: () => undefined, onChange: () => undefined };
  const readings = new ReadingsThread({ dataDirectory, timezone }, ports);
  while (readings.step().taken > 0);
  readings.close();
};

const { values } = parseArgs({
  options: { dir: { type: "string" }, records: { type: "string" }, spacing: { type: "string" } },
});
const { dir, records = "10000", spacing = "25" } = values;
if (dir === undefined) throw new Error("--dir is missing");
register(dir);
fill(dir, Number(records), Number(spacing));
await project(dir);
process.stdout.write(`${JSON.stringify({ records: Number(records) })}\n`);
