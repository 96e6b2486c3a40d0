import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { basicRules, device, JudgedLedger, minute, positive } from "../../test/judged-ledger.ts";
import type { AlertRule } from "./rule.ts";

const rules = await basicRules();

/** Moves that the life of an alert allows; null = it did not exist. */
const moves = new Set([
  ...["null pending", "null firing", "pending firing", "pending resolved", "firing resolved", "firing acknowledged"],
  ...["firing closed", "acknowledged resolved", "acknowledged closed"],
]);

const illegalMoves = (judged: JudgedLedger): unknown[] =>
  (judged.database.prepare("SELECT from_state, to_state FROM history").raw().all() as [string | null, string][]).filter(
    ([from, to]) => from !== to && !moves.has(`${from} ${to}`),
  );
/** History of every alert begins where nothing was and continues where it stopped. */
const brokenHistories = (judged: JudgedLedger): unknown[] =>
  judged.database
    .prepare(
      `SELECT * FROM (SELECT alert, from_state, lag(to_state) OVER (PARTITION BY alert ORDER BY id) AS before FROM history)
       WHERE from_state IS NOT before`,
    )
    .all();

const statuses = ["online", "silent", "offline", "parked"] as const;
const said = fc.record({
  status: fc.constantFrom(...statuses),
  device: fc.constantFrom("scale-1", "scale-2"),
  /** How late it arrives, in minutes. */
  late: fc.constantFrom(0, 0, 0, 1, 30, 600),
});
const days = fc.record({
  records: fc.array(said, { minLength: 1, maxLength: 25 }),
  batch: fc.integer({ min: 1, max: 7 }),
  restartAfter: fc.nat(25),
});

/** Says everything in the order of arrival and returns what the devices' last words were, by their own time. */
const live = (judged: JudgedLedger, day: typeof days extends fc.Arbitrary<infer Day> ? Day : never) => {
  const last = new Map<string, { atMs: number; isSilent: boolean }>();
  for (const [index, { status, device: dev, late }] of day.records.entries()) {
    judged.nowMs += 2 * minute + 1;
    const atMs = judged.nowMs - late * minute;
    judged.append({ ...device(status), dev }, late * minute);
    if (atMs >= (last.get(dev)?.atMs ?? 0)) last.set(dev, { atMs, isSilent: status !== "online" });
    if (index % 3 === 0) judged.follow(day.batch);
    if (index === day.restartAfter) judged.restart(rules);
  }
  judged.follow(day.batch);
  judged.wait(24 * 60 * minute);
  return last;
};

describe("the life of an alert", () => {
  const check = (plant: (judged: JudgedLedger) => void): void =>
    fc.assert(
      fc.property(days, (day) => {
        const judged = new JudgedLedger(rules);
        plant(judged);
        const last = live(judged, day);
        const expected = [...last].filter(([, { isSilent }]) => isSilent).map(([dev]) => dev);
        const open = judged.alerts().filter(({ endedMs }) => endedMs === null);
        expect(open.map(({ dev }) => dev).toSorted()).toEqual(expected.toSorted());
        expect(illegalMoves(judged)).toEqual([]);
        expect(brokenHistories(judged)).toEqual([]);
        judged.close();
      }),
      { numRuns: 60 },
    );

  it("ends as the devices' last words have it, however late and mixed they arrive", () => {
    check(() => undefined);
  });

  it("would not, if the record that arrives last were taken for the latest", () => {
    const byArrival = (judged: JudgedLedger): void => {
      const append = judged.append.bind(judged);
      judged.append = (sample) => append(sample);
    };
    expect(() => check(byArrival)).toThrow();
  });

  it("is one for every fact, however often it is said and its line is disputed", () => {
    const event = rules.filter(({ id }) => id === "test-positive") as readonly AlertRule[];
    const scenario = fc.record({
      specimens: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 15 }),
      disputes: fc.array(fc.nat(15), { maxLength: 3 }),
      batch: fc.integer({ min: 1, max: 7 }),
    });
    fc.assert(
      fc.property(scenario, ({ specimens, disputes, batch }) => {
        const judged = new JudgedLedger(event);
        for (const [index, specimen] of specimens.entries()) {
          judged.append(positive(`s${specimen}`, index % 2 === 0 ? {} : { resendOf: "again" }));
          judged.follow(batch);
          if (!disputes.includes(index)) continue;
          judged.reconcile("disputed");
          expect(judged.alerts().filter(({ endedMs }) => endedMs === null)).toEqual([]);
          judged.reconcile("ok");
        }
        const open = judged.alerts().filter(({ endedMs }) => endedMs === null);
        expect(open.map(({ labels }) => labels["specimen"]).toSorted()).toEqual(
          [...new Set(specimens)].map((specimen) => `s${specimen}`).toSorted(),
        );
        expect(open.every(({ matches }) => matches === 1)).toBe(true);
        expect(illegalMoves(judged)).toEqual([]);
        expect(brokenHistories(judged)).toEqual([]);
        judged.close();
      }),
      { numRuns: 40 },
    );
  });
});
