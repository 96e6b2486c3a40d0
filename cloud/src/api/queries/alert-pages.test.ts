import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AlertStore, type NewAlert } from "../../alerts/alert-store.ts";
import { alertsMigrations } from "../../alerts/alerts-database.ts";
import type { SqliteDatabase } from "../../store/database.ts";
import { Database } from "../../store/sqlite-engine.ts";
import { chooseAlerts } from "./alert-choice.ts";
import type { AlertsSeen } from "./alert-query.ts";
import { alertList } from "./alert-query.ts";

interface Fired {
  readonly firedMs: number;
  readonly endedMs: number | null;
  readonly gw: string;
  readonly dry: boolean;
}

const fired: fc.Arbitrary<Fired> = fc.record({
  // Few moments: many fire and end at the same one.
  firedMs: fc.integer({ min: 1, max: 4 }),
  endedMs: fc.option(fc.integer({ min: 5, max: 8 })),
  gw: fc.constantFrom("market-a", "market-b"),
  dry: fc.boolean(),
});

const text = { zh: "题", en: "title" };
const storeOf = (all: readonly (Omit<Fired, "dry"> & Partial<Fired>)[]): SqliteDatabase => {
  const database = new Database(":memory:");
  for (const migration of alertsMigrations) migration(database);
  const store = new AlertStore(database);
  for (const [index, { firedMs, endedMs, gw, dry = false }] of all.entries()) {
    const id = `id${(index * 7) % 100}`;
    const alert: NewAlert = {
      ...{ id, rule: "r", groupKey: `${index}`, labels: {}, severity: "notice", title: text, next: text },
      ...{ runbook: "r", owner: "role:centre", ownerReason: "rule", gw, dev: "d", lsn: index + 1, late: false },
      ...{ startedMs: firedMs, openedMs: firedMs, dry },
    };
    store.open(alert, { to: "firing", reason: "condition-met", atMs: firedMs });
    if (endedMs !== null) store.change(id, { to: "resolved", reason: "condition-ended", atMs: endedMs });
  }
  return database;
};

const seen = {
  cover: { whole: true },
  places: { sees: () => true, view: () => null },
  people: { nameOf: () => undefined },
  sites: new Map(),
  roster: { siteOf: () => "", siteName: () => "", officer: () => undefined },
  nowMs: 9,
} as unknown as AlertsSeen;

/** Ids page by page; `planted`: what becomes of a cursor on the way. */
const paged = (
  database: SqliteDatabase,
  which: "open" | "all" | "dry-run",
  gw: string | null,
  limit: number,
  planted: (cursor: string) => string = (cursor) => cursor,
): string[] => {
  const ids: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = alertList(database, seen, { which, gw, limit, cursor, nowMs: 9 });
    ids.push(...page.alerts.map(({ id }) => id));
    if (page.next == null) return ids;
    cursor = planted(page.next);
  }
};

describe("pages of alerts", () => {
  it("have each alert once, in the order of the whole list, whatever their size (property)", () => {
    fc.assert(
      fc.property(
        fc.array(fired, { maxLength: 30 }),
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom("open" as const, "all" as const, "dry-run" as const),
        fc.constantFrom(null, "market-a"),
        (all, limit, which, gw) => {
          const database = storeOf(all);
          const whole = chooseAlerts(database, seen, { which, gw, ids: null, limit: 1_000, after: null }).alerts;
          expect(paged(database, which, gw, limit)).toEqual(whole.map(({ id }) => id));
          const counted = all.filter(
            (one) =>
              one.dry === (which === "dry-run") &&
              (which !== "open" || one.endedMs === null) &&
              (gw === null || one.gw === gw),
          );
          const { firing } = alertList(database, seen, { which, gw: null, limit: 1, nowMs: 9 });
          expect(firing).toBe(all.filter(({ dry, endedMs }) => !dry && endedMs === null).length);
          expect(whole).toHaveLength(counted.length);
          database.close();
        },
      ),
      { numRuns: 40 },
    );
  });

  it("would leave some out, if those that fired at one moment were not told apart", () => {
    const database = storeOf([1, 1, 1].map((firedMs) => ({ firedMs, endedMs: null, gw: "market-a" })));
    expect(paged(database, "all", null, 2)).toHaveLength(3);
    expect(paged(database, "all", null, 2, (cursor) => cursor.replace(/\..*$/, ".~"))).toHaveLength(2);
    database.close();
  });

  it("leave none out that ends while they are turned", () => {
    const database = storeOf([1, 2, 3, 4].map((firedMs) => ({ firedMs, endedMs: null, gw: "market-a" })));
    const first = alertList(database, seen, { which: "all", gw: null, limit: 2, nowMs: 9 });
    const rest = ["id0", "id7"];
    expect(first.alerts.map(({ id }) => id)).toEqual(["id21", "id14"]);
    new AlertStore(database).change("id7", { to: "resolved", reason: "condition-ended", atMs: 8 });
    const second = alertList(database, seen, { which: "all", gw: null, limit: 10, cursor: first.next ?? "", nowMs: 9 });
    expect(second.alerts.map(({ id }) => id)).toEqual(rest);
    expect(second.next).toBeNull();
    database.close();
  });
});
