import { describe, expect, it } from "vitest";
import { Power, plantPieces, poweredStore } from "../../test/cut-power.ts";
import { everyTier, minute, TestedSms, testedDuty } from "../../test/tested-duty.ts";
import { acknowledgeAlert } from "../alerts/alert-actions.ts";
import { Database } from "../store/sqlite-engine.ts";

/** Two alerts that move up, are taken over and told; cut after `writes` writes and begun again. Returns what people can see. */
const run = async (writes: number, isPlanted = false) => {
  const power = new Power();
  const database = poweredStore(power);
  const sms = new TestedSms();
  const city = testedDuty({
    routing: await everyTier(),
    channels: [sms],
    database,
    faults: () => undefined,
    isCut: () => power.budget < 0,
  });
  if (isPlanted) plantPieces(database);
  city.raise("a1");
  city.raise("r1", { severity: "alarm", tier: "station" });
  power.writes = 0;
  power.budget = writes;
  let spent = 0;
  const startMs = city.clock.nowMs;
  const passTo = async (atMs: number): Promise<void> => {
    try {
      await city.pass(atMs - city.clock.nowMs);
    } catch (error) {
      if (!(error instanceof Database.SqliteError)) throw error;
    }
    if (power.budget >= 0) return;
    // It ends where it stood; what the attempts under way came to is never written.
    spent = power.writes;
    await city.desk().close();
    power.budget = Number.POSITIVE_INFINITY;
    city.crash();
    await city.pass(atMs - city.clock.nowMs);
  };
  for (let step = 1; step <= 12; step++) {
    await passTo(startMs + step * 5 * minute);
    if (step !== 9) continue;
    // Another thread takes it over: its cuts are tried with the acts themselves.
    const { budget } = power;
    power.budget = Number.POSITIVE_INFINITY;
    acknowledgeAlert(database, { id: "a1", by: "wu.di", nowMs: city.clock.nowMs });
    power.budget = budget;
  }
  const table = (sql: string): unknown[] => database.prepare(sql).raw().all();
  const seen = {
    steps: table("SELECT alert, tier, officer, reason FROM duty_step ORDER BY alert, id"),
    told: table("SELECT alert, officer, event, count(*) FROM told GROUP BY 1, 2, 3"),
    moves: table(
      `SELECT alert, reason, json_extract(detail, '$.officer'), count(*) FROM history
       WHERE reason IN ('assigned', 'escalated', 'last-resort', 'acknowledged', 'notified') GROUP BY 1, 2, 3`,
    ),
    messages: table("SELECT officer, template, alerts, state FROM message ORDER BY officer, position"),
  };
  const twice = table("SELECT message FROM leg WHERE attempts > 1 AND lost = 0");
  const most = table("SELECT max(attempts) FROM leg")[0];
  database.close();
  return { seen, twice, most, writes: spent === 0 ? power.writes : spent };
};

describe("duty under power cuts", () => {
  it("makes every step, and says everything, once, wherever the cut falls; what is sent again is marked", async () => {
    const whole = await run(Number.POSITIVE_INFINITY);
    expect(whole.writes).toBeGreaterThan(80);
    for (let writes = 0; writes < whole.writes; writes += 3) {
      const { seen, twice, most } = await run(writes);
      expect(seen, String(writes)).toEqual(whole.seen);
      expect(twice, String(writes)).toEqual([]);
      expect((most as number[])[0], String(writes)).toBeLessThanOrEqual(2);
    }
  }, 60_000);

  it("notices steps that are written piece by piece", async () => {
    const whole = await run(Number.POSITIVE_INFINITY);
    let differing = 0;
    for (let writes = 0; writes < whole.writes && differing === 0; writes += 5) {
      const { seen } = await run(writes, true);
      if (JSON.stringify(seen) !== JSON.stringify(whole.seen)) differing++;
    }
    expect(differing).toBe(1);
  }, 60_000);
});
