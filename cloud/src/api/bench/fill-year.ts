import { createHash } from "node:crypto";
import { join } from "node:path";
import { encodeRecord, type MingchengRecord } from "@mingcheng/protocols";
import { GatewayHints } from "../../following/gateway-hints.ts";
import { ReadingsThread } from "../../following/readings-thread.ts";
import { ledgerMigrations } from "../../ledger/ledger-schema.ts";
import { zoneClock } from "../../register/model/validity.ts";
import { openRegister } from "../../register/register-database.ts";
import { RegisterDesk } from "../../register/register-desk.ts";
import { openForWriting, type SqliteDatabase } from "../../store/database.ts";
import { projectionsMigrations } from "../../store/projections-database.ts";
import { ledgerPath } from "../../store/store-paths.ts";

/** What is filled: `nowMs` is the end of the year; single records are made for its last day only. */
export interface FilledYear {
  readonly dataDirectory: string;
  readonly nowMs: number;
  readonly days: number;
}

/** The year's time zone. */
export const timezone = "Asia/Shanghai";

const markets = 3;
const scales = 120;
const testers = 2;
const salesPerDay = 50;
const testsPerDay = 14;
const items = ["韭菜", "菠菜", "番茄", "黄瓜", "草鱼"] as const;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const opensAtHour = 6;
const openHours = 12;
/** China's distance from UTC. */
const chinaMs = 8 * hourMs;

const gatewayOf = (market: number): string => `market-${market}`;
const eidOf = (market: number): string => String(market).repeat(32);
const startOfDay = (ms: number): number => Math.floor((ms + chinaMs) / dayMs) * dayMs - chinaMs;

const registerPilot = (dataDirectory: string, nowMs: number): void => {
  const database = openRegister(dataDirectory);
  const each = Array.from({ length: markets }, (_, market) => market);
  const put = (kind: string, values: Readonly<Record<string, string>>) => ({ kind, values });
  const devices = [
    ...Array.from({ length: scales }, (_, scale) => [`scale-${scale}`, "scale"] as const),
    ...Array.from({ length: testers }, (_, tester) => [`tester-${tester}`, "tester"] as const),
  ];
  const desk = new RegisterDesk(database, zoneClock(timezone));
  const change = (entries: readonly ReturnType<typeof put>[]): void => {
    const made = { by: "fill", source: "fill", note: "", atMs: nowMs };
    const outcome = desk.change({ withdraw: [], dryRun: false, put: [...entries] }, made);
    if (outcome.change === null) throw new Error(JSON.stringify(outcome));
  };
  change([
    put("areas", { code: "xm", name: "厦门市", level: "city" }),
    put("areas", { code: "sm", name: "思明区", level: "district", parent: "xm" }),
    ...each.map((market) => put("sites", { code: `s${market}`, name: `市场${market}`, type: "market", area: "sm" })),
  ]);
  for (const market of each) {
    change(devices.map(([dev, kind]) => put("devices", { gw: gatewayOf(market), dev, class: kind })));
    change(devices.map(([dev]) => put("placements", { gw: gatewayOf(market), dev, site: `s${market}` })));
  }
  database.close();
};

type Body = Readonly<Record<string, unknown>>;

const weighing: Body = {
  ...{ protocol: "mt-continuous", value: "0.5", unit: "kg", grams: "500", mode: "net", stable: "reported-stable" },
  ...{ tare: null, tareGrams: null, settling: { samples: 12, durationMs: 800, rule: "reported" } },
};

const sale = (turn: number): Body => ({
  ...{ protocol: "mingcheng-json", number: String(turn), at: null, department: null, store: null, scale: null },
  amountFen: 400,
  lines: [
    {
      ...{
        item: "i1",
        name: "菠菜",
        soldBy: "weight",
        weight: "0.5",
        unit: "kg",
        grams: "500",
        count: null,
        tare: null,
      },
      ...{ unitPriceFen: 800, grossAmountFen: null, amountFen: 400, mismatch: false },
    },
  ],
});

const test = (turn: number): Body => {
  const verdict = turn % 40 === 0 ? "positive" : "negative";
  return {
    ...{ protocol: "lis", instrument: { name: "NY-8", version: "1.2", serial: "77" }, specimenId: `S-${turn}` },
    ...{ item: items[turn % items.length], assay: { code: "OPC", name: "有机磷" }, value: "12.1", number: "12.1" },
    ...{ unit: "%", flags: "", status: "F", verdict, verdictRule: "GB/T 5009.199-2003", instrumentVerdict: verdict },
    ...{ startedAt: "", completedAt: String(turn), resendOf: null },
  };
};

interface Planned {
  readonly atMs: number;
  readonly dev: string;
  readonly kind: MingchengRecord["kind"];
  readonly body: Body;
}

/** The last day of one market, in order of time. */
const plannedOf = (market: number, nowMs: number): Planned[] => {
  const opensMs = startOfDay(nowMs) + opensAtHour * hourMs;
  const planned: Planned[] = [];
  for (let scale = 0; scale < scales; scale++) {
    for (let turn = 0; turn < salesPerDay; turn++) {
      const atMs = Math.floor(opensMs + ((turn + scale / scales) / salesPerDay) * openHours * hourMs) + market;
      planned.push({ atMs, dev: `scale-${scale}`, kind: "weighing", body: weighing });
      planned.push({ atMs: atMs + 500, dev: `scale-${scale}`, kind: "sale", body: sale(turn) });
    }
  }
  for (let turn = 0; turn < testers * testsPerDay; turn++) {
    const atMs = Math.floor(opensMs + (turn / (testers * testsPerDay)) * openHours * hourMs);
    planned.push({ atMs, dev: `tester-${turn % testers}`, kind: "test", body: test(turn + market) });
  }
  return planned.filter(({ atMs }) => atMs <= nowMs).sort((a, b) => a.atMs - b.atMs);
};

const fillLedger = (dataDirectory: string, nowMs: number): number => {
  const database = openForWriting({ path: ledgerPath(dataDirectory), migrations: ledgerMigrations });
  const bootMs = startOfDay(nowMs);
  const addLine = database.prepare("INSERT INTO line (gw, ep, eid, first_seen_ms) VALUES (?, 1, ?, ?)");
  const insert = database.prepare(
    "INSERT INTO record (line, seq, lane, received_ms, digest, bytes) VALUES (?, ?, 0, ?, ?, ?)",
  );
  let records = 0;
  database.transaction(() => {
    for (let market = 0; market < markets; market++) {
      addLine.run(gatewayOf(market), eidOf(market), bootMs);
      const counts = new Map<string, number>();
      for (const [index, { atMs, dev, kind, body }] of plannedOf(market, nowMs).entries()) {
        const n = (counts.get(dev) ?? 0) + 1;
        counts.set(dev, n);
        const bytes = encodeRecord({
          ...{ v: 1, gw: gatewayOf(market), ep: 1, eid: eidOf(market), seq: index + 1, dev, n, kind },
          t: {
            wall: new Date(atMs).toISOString(),
            mono_ms: atMs - bootMs,
            boot: `b-${market}`,
            sync: "ntp",
            err_ms: 10,
          },
          ...{ salt: index.toString(16).padStart(32, "0"), body, raw: "AjAwMDAwMDAwMDAwMDAwMDANCg==" },
        });
        const digest = createHash("sha256").update(bytes).digest();
        insert.run(market + 1, index + 1, atMs + 60, digest, bytes);
        records++;
      }
    }
  })();
  database.close();
  return records;
};

const project = (dataDirectory: string): void => {
  const ports = { hints: new GatewayHints(), onAppend: () => undefined, onChange: () => undefined };
  const readings = new ReadingsThread({ dataDirectory, timezone }, ports);
  while (readings.step().taken > 0);
  readings.close();
};

interface DeviceRow {
  readonly id: number;
  readonly gw: string;
  readonly class: string;
}

/** Rollups of all days but the last, by minute, hour and day, as a market that sells evenly leaves them. */
const fillRollups = (database: SqliteDatabase, { nowMs, days }: FilledYear): number => {
  const devices = database
    .prepare("SELECT id, gw, class FROM device WHERE class IN ('scale', 'tester')")
    .all() as DeviceRow[];
  const counted = devices.filter((device) => device.class === "scale");
  const put = database.prepare(
    `INSERT OR IGNORE INTO rollup (period, device, start_ms, weighings, grams, without_grams, tests, scale_events, sales,
       amount_fen) VALUES (?, ?, ?, ?, ?, 0, 0, 0, ?, ?)`,
  );
  const putTest = database.prepare("INSERT OR IGNORE INTO rollup_test VALUES (?, ?, ?, 'OPC', ?, ?)");
  let rows = 0;
  for (const [period, spanMs] of [
    ["day", dayMs],
    ["hour", hourMs],
    ["minute", 60_000],
  ] as const) {
    database.transaction(() => {
      for (let ago = days - 1; ago >= 1; ago--) {
        const dayStartMs = startOfDay(nowMs - ago * dayMs);
        const spans = period === "day" ? 1 : period === "hour" ? openHours : salesPerDay;
        const stepMs = period === "minute" ? Math.floor((openHours * 60) / salesPerDay) * 60_000 : spanMs;
        const firstMs = period === "day" ? dayStartMs : dayStartMs + opensAtHour * hourMs;
        const n = Math.round(salesPerDay / spans);
        for (let span = 0; span < spans; span++) {
          for (const { id } of counted) put.run(period, id, firstMs + span * stepMs, n, String(n * 500), n, n * 400);
          rows += counted.length;
        }
      }
    })();
  }
  database.transaction(() => {
    for (let ago = days - 1; ago >= 1; ago--) {
      const day = new Date(nowMs - ago * dayMs + chinaMs).toISOString().slice(0, 10);
      for (let market = 0; market < markets; market++) {
        for (const item of items) putTest.run(day, gatewayOf(market), item, "negative", testsPerDay / 2);
      }
    }
  })();
  return rows;
};

/** Fills an empty data directory with a year of a pilot: its last day record by record, what came before as rollups. */
export const fillYear = (year: FilledYear): { readonly records: number; readonly rollups: number } => {
  const { dataDirectory, nowMs } = year;
  registerPilot(dataDirectory, startOfDay(nowMs - year.days * dayMs));
  const records = fillLedger(dataDirectory, nowMs);
  project(dataDirectory);
  const database = openForWriting({ path: join(dataDirectory, "projections.db"), migrations: projectionsMigrations });
  const rollups = fillRollups(database, year);
  database.close();
  return { records, rollups };
};
