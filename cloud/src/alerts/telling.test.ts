import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openForWriting, type SqliteDatabase } from "../store/database.ts";
import { AlertReader } from "./alert-reader.ts";
import { AlertStore, type NewAlert } from "./alert-store.ts";
import { alertsMigrations } from "./alerts-database.ts";
import { addSilence } from "./silences.ts";
import { Telling } from "./telling.ts";

const startMs = Date.parse("2026-11-23T06:05:00Z");
const minute = 60_000;

let directory: string;
let database: SqliteDatabase;
let store: AlertStore;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mc-telling-"));
  database = openForWriting({ path: join(directory, "alerts.db"), migrations: alertsMigrations });
  store = new AlertStore(database);
});
afterEach(() => {
  database.close();
  rmSync(directory, { recursive: true });
});

const raise = (id: string, over: Partial<NewAlert> = {}): void => {
  const text = { zh: "设备静默", en: "silent" };
  const alert: NewAlert = {
    ...{ id, rule: "device-silent", groupKey: `{"device":"${id}"}`, labels: { device: id, gateway: "market-a" } },
    ...{ severity: "attention", title: text, next: text, runbook: "device-silent", owner: "role:operator" },
    ...{ ownerReason: "rule", gw: "market-a", dev: id, lsn: 7, late: false, startedMs: startMs, openedMs: startMs },
    ...over,
  };
  store.open(alert, { to: "firing", reason: "condition-met", atMs: startMs });
};
const reasons = (id: string): string[] => new AlertReader(database).get(id)?.history.map(({ reason }) => reason) ?? [];
/** Ticks whenever something is due, until `untilMs`. */
const run = (telling: Telling, untilMs: number): void => {
  let nowMs = startMs;
  for (let next = telling.nextDueMs(); next !== null && next <= untilMs; next = telling.nextDueMs()) {
    nowMs = Math.max(nowMs, next);
    database.transaction(() => telling.tick(nowMs))();
    if (telling.nextDueMs() === nowMs) throw new Error("it is due again at once");
  }
};

describe("what was held back", () => {
  it("is told when that is over, though thousands of others in front of it stay silenced", () => {
    const silence = { fromMs: startMs, by: "li", comment: "", nowMs: startMs } as const;
    addSilence(database, { ...silence, matchers: { gateway: "market-a" }, toMs: startMs + 2 * minute });
    addSilence(database, { ...silence, matchers: { gateway: "market-b" }, toMs: startMs + minute });
    database.transaction(() => {
      for (let index = 0; index < 1_100; index++) raise(`a-${String(index).padStart(4, "0")}`);
      raise("z-9", { gw: "market-b", labels: { gateway: "market-b" } });
    })();
    const telling = new Telling(database, store);
    run(telling, startMs + minute + 15_000);
    expect(reasons("z-9")).toEqual(["condition-met", "silenced", "released"]);
    expect(database.prepare("SELECT count(*) FROM alert WHERE untold = 'silenced'").pluck().get()).toBe(1_100);
    run(telling, startMs + 3 * minute);
    expect(database.prepare("SELECT count(*) FROM alert WHERE untold IS NOT NULL").pluck().get()).toBe(0);
  });

  it("by another alert is told when the last one that covers it is over", () => {
    const inhibitedBy = [{ rule: "gateway-offline", equal: ["gateway"] }];
    const offline = (id: string, gateway: string): void =>
      raise(id, { rule: "gateway-offline", groupKey: `{"gateway":"${gateway}"}`, gw: gateway, labels: { gateway } });
    offline("g1", "market-a");
    offline("g2", "market-b");
    raise("d1", { inhibitedBy });
    raise("d2", { inhibitedBy, labels: { gateway: "market-c" }, gw: "market-c" });
    raise("d3", { inhibitedBy, labels: {} });
    expect(["d1", "d2", "d3"].map((id) => reasons(id).at(-1))).toEqual([
      ...["inhibited", "condition-met", "condition-met"],
    ]);
    const telling = new Telling(database, store);
    store.change("g2", { to: "resolved", reason: "condition-ended", atMs: startMs });
    run(telling, startMs + minute);
    expect(reasons("d1").at(-1)).toBe("inhibited");
    store.change("g1", { to: "resolved", reason: "condition-ended", atMs: startMs });
    run(telling, startMs + 2 * minute);
    expect(reasons("d1").at(-1)).toBe("released");
  });
});
