import type BetterSqlite from "better-sqlite3";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alertsMigrations } from "../../alerts/alerts-database.ts";
import { Database } from "../../store/sqlite-engine.ts";
import { GatheredStore } from "./gathered-store.ts";
import { type WindowState, windowKind } from "./window-state.ts";

const overMs = 1_000;
const kinds = new Map([1, 2, 3].map((epoch) => [epoch, windowKind(overMs * epoch)] as const));

/** What happens to a store: facts come, a transaction ends well or badly, the process dies, a line is disputed. */
const happening = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      add: fc.constantFrom("a", "b", "c", "d", "e"),
      epoch: fc.integer({ min: 1, max: 3 }),
      atMs: fc.integer({ min: 1, max: 6_000 }),
      line: fc.integer({ min: 1, max: 2 }),
      value: fc.constantFrom("12", "x", 3, -1.5, null),
    }),
  },
  { weight: 4, arbitrary: fc.constantFrom("commit", "roll-back", "die") },
  { weight: 1, arbitrary: fc.constantFrom("dispute", "sweep") },
);
type Happening = typeof happening extends fc.Arbitrary<infer Value> ? Value : never;

const open = (database: BetterSqlite.Database, facts: number, entries: number): GatheredStore => {
  const store = new GatheredStore(database, { facts, entries });
  store.use(kinds);
  return store;
};

const emptyDatabase = (): BetterSqlite.Database => {
  const database = new Database(":memory:");
  for (const migration of alertsMigrations) migration(database);
  return database;
};

const contents = (store: GatheredStore): unknown =>
  ["a", "b", "c", "d", "e"].map((key) =>
    [1, 2, 3].map((epoch) => (store.peek(key)?.parts.get(epoch) as WindowState | undefined)?.list ?? []),
  );

/** Plays happenings over a database; `bounds` of memory and journal, which must make no difference. */
const play = (events: readonly Happening[], facts: number, entries: number, recovers = true): unknown => {
  const database = emptyDatabase();
  let store = open(database, facts, entries);
  database.exec("BEGIN");
  for (const event of events) {
    if (typeof event === "object") {
      const { add, epoch, atMs, line, value } = event;
      const group = store.group(add);
      if (store.part<WindowState>(group, epoch).take(atMs, line, value)) store.added(group, epoch, atMs, line, value);
      continue;
    }
    if (event === "dispute") store.withdraw(1);
    // Nothing is over for a day after its end.
    else if (event === "sweep") store.sweep(10_000);
    else {
      if (event === "commit") store.flush();
      database.exec(event === "commit" ? "COMMIT" : "ROLLBACK");
      if (event === "die" && !recovers) database.exec("DELETE FROM gathered_journal");
      if (event !== "commit") store = open(database, facts, entries);
      database.exec("BEGIN");
    }
  }
  store.flush();
  database.exec("COMMIT");
  const held = contents(store);
  const again = contents(open(database, facts, entries));
  database.close();
  return { held, again };
};

/** The same, kept in plain lists; what was not committed is gone. */
const oracle = (events: readonly Happening[]): unknown => {
  type Fact = { readonly atMs: number; readonly line: number; readonly value: string | number | null };
  let committed = new Map<string, readonly Fact[]>();
  let present = new Map(committed);
  for (const event of events) {
    if (event === "commit") committed = new Map(present);
    else if (event === "roll-back" || event === "die") present = new Map(committed);
    else if (event === "dispute") {
      present = new Map([...present].map(([key, facts]) => [key, facts.filter(({ line }) => line !== 1)] as const));
    } else if (typeof event === "object") {
      const { add, epoch, atMs, line, value } = event;
      const key = `${add} ${epoch}`;
      const known = present.get(key) ?? [];
      const endMs = Math.max(atMs, ...known.map((fact) => fact.atMs));
      if (atMs <= endMs - overMs * epoch) continue;
      const all = [...known.filter((fact) => fact.atMs > endMs - overMs * epoch), { atMs, line, value }];
      present.set(
        key,
        all.toSorted((a, b) => a.atMs - b.atMs),
      );
    }
  }
  const listOf = ({ atMs, line, value }: Fact) => [
    atMs,
    line,
    1,
    value === "12" ? 12 : Number(value === "x" ? 0 : value),
    value,
  ];
  const held = ["a", "b", "c", "d", "e"].map((key) =>
    [1, 2, 3].map((epoch) => (present.get(`${key} ${epoch}`) ?? []).map(listOf)),
  );
  return { held, again: held };
};

describe("what rules gather", () => {
  it("is the same whatever is in memory, in the journal or in rows, and after any end (property)", () => {
    fc.assert(
      fc.property(
        fc.array(happening, { maxLength: 80 }),
        fc.constantFrom(20, 100, 10_000),
        fc.constantFrom(1, 5, 1_000),
        (events, facts, entries) => {
          expect(play(events, facts, entries)).toEqual(oracle(events));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("would be less without the journal", () => {
    const add = { add: "a", epoch: 3, line: 1, value: "12" } as const;
    const events: Happening[] = [{ ...add, atMs: 1 }, "commit", { ...add, atMs: 2 }, "commit", "die"];
    expect(play(events, 100, 1_000)).toEqual(oracle(events));
    expect(play(events, 100, 1_000, false)).not.toEqual(oracle(events));
  });
});
