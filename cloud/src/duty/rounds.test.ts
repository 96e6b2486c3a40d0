import { describe, expect, it } from "vitest";
import { cityDuties, everyTier, hour, minute, putian, TestedSms, testedDuty } from "../../test/tested-duty.ts";
import { acknowledgeAlert, arriveAt, closeAlert, handleAlert } from "../alerts/alert-actions.ts";

describe("who has an alert", () => {
  it("is the operator first, then station, district, city, and the last resort, each when its time is over", async () => {
    const sms = new TestedSms();
    const city = testedDuty({ routing: await everyTier(), channels: [sms] });
    city.raise("a1");
    const owner = () => city.rows("SELECT tier, officer, receipt_due_ms, escalations, overdue FROM care")[0];
    await city.wake();
    const { nowMs } = city.clock;
    expect(owner()).toEqual(["operator", "op", nowMs + 10 * minute, 0, 0]);
    await city.pass(10 * minute - 1);
    expect(owner()).toEqual(["operator", "op", nowMs + 10 * minute, 0, 0]);
    await city.pass(1);
    expect(owner()).toEqual(["station", "lin", nowMs + 40 * minute, 1, 1]);
    await city.pass(30 * minute);
    expect(owner()).toEqual(["district", "wu", nowMs + 70 * minute, 2, 1]);
    await city.pass(30 * minute);
    expect(owner()).toEqual(["city", "li", nowMs + 100 * minute, 3, 1]);
    await city.pass(30 * minute);
    expect(owner()).toEqual(["last-resort", null, null, 4, 1]);
    expect(city.history("a1").filter((reason) => /^(assigned|escalated|last-resort)/.test(reason))).toEqual([
      ...["assigned op first", "escalated lin no-receipt", "escalated wu no-receipt", "escalated li no-receipt"],
      "last-resort no-receipt",
    ]);
    // Both levels hear of each move: who did not act, and who has it now.
    const upTo = (index: number) => sms.texts().slice(0, index);
    expect(upTo(3).map((text) => text.replace(/\d{4}签收/u, "CODE签收"))).toEqual([
      "op: 关注预警：松柏市场快检阳性a1，10:00。回复CODE签收",
      "lin: 关注预警升级：经营者未按时限处置，松柏市场快检阳性a1。回复CODE签收",
      "op: 关注预警升级：经营者未按时限处置，松柏市场快检阳性a1。回复CODE签收",
    ]);
    expect(city.rows("SELECT value FROM (SELECT count(*) AS value FROM duty_step WHERE alert = 'a1')")).toEqual([[5]]);
  });

  it("moves up from who took it over and does not come, or does not handle it, and stops when it is handled", async () => {
    const city = testedDuty({ routing: await everyTier() });
    city.raise("a1", { tier: "station" });
    await city.wake();
    acknowledgeAlert(city.database, { id: "a1", by: "lin.st", nowMs: city.clock.nowMs });
    await city.pass(30 * minute);
    const state = () => city.rows("SELECT state, acknowledged_by FROM alert")[0];
    expect(city.history("a1")).toContain("escalated wu no-arrival");
    // It is there to be taken over again.
    expect(state()).toEqual(["firing", null]);
    acknowledgeAlert(city.database, { id: "a1", by: "wu.di", nowMs: city.clock.nowMs });
    await city.wake();
    expect(arriveAt(city.database, { id: "a1", by: "wu.di", nowMs: city.clock.nowMs })).toEqual({ outcome: "done" });
    await city.pass(4 * hour);
    expect(city.history("a1")).toContain("escalated li no-handling");
    handleAlert(city.database, { id: "a1", by: "li", nowMs: city.clock.nowMs, result: "destroyed" });
    await city.pass(24 * hour);
    expect(city.rows("SELECT tier, due_ms, escalations FROM care")).toEqual([["city", null, 2]]);
  });

  it("follows the levels of Putian: everyday to the station, general to the county, major to the city", async () => {
    const city = testedDuty({ routing: await putian() });
    city.raise("n1", { severity: "notice", tier: "station" });
    city.raise("a1", { tier: "station" });
    city.raise("r1", { severity: "alarm", tier: "station" });
    await city.wake();
    expect(city.rows("SELECT alert, route, tier, officer FROM care ORDER BY alert")).toEqual([
      ...[
        ["a1", "general", "district", "wu"],
        ["n1", "daily", "station", "lin"],
        ["r1", "major", "city", "li"],
      ],
    ]);
    // The station knows of what the county has at once.
    expect(city.history("a1")).toContain("informed lin");
    expect(city.history("r1").filter((reason) => reason.startsWith("informed"))).toEqual([
      "informed lin",
      "informed wu",
    ]);
  });

  it("is the last resort by name where nobody is on duty, or the register does not place it", async () => {
    const city = testedDuty({
      routing: await putian(),
      duties: cityDuties.filter(([kind]) => kind !== "duties"),
    });
    city.raise("a1");
    city.raise("a2", { site: "" });
    await city.wake();
    expect(city.rows("SELECT reason, tier, role FROM duty_step ORDER BY alert")).toEqual([
      ...[
        ["nobody-on-duty", "last-resort", "centre"],
        ["not-placed", "last-resort", "centre"],
      ],
    ]);
    expect(city.history("a1")).toContain("last-resort nobody-on-duty");
    const figure = city
      .desk()
      .figures()
      .find(({ name }) => name === "mingcheng_alerts_last_resort");
    expect(figure?.value).toBe(2);
  });

  it("is who answers for the place of the device, also where the register learnt of it only just now", async () => {
    const city = testedDuty({ routing: await everyTier() });
    city.register.put(["placements", { gw: "gw-1", dev: "scale-1", stall: "songbai-a01" }]);
    city.raise("a1", { site: "", dev: "scale-1" });
    await city.wake();
    expect(city.rows("SELECT officer, site FROM care JOIN alert ON alert.id = care.alert")).toEqual([
      ["op", "songbai"],
    ]);
  });

  it("lets deadlines stand still in quiet hours, except for alarms", async () => {
    const city = testedDuty({ routing: await everyTier() });
    city.clock.nowMs += 11 * hour + 55 * minute;
    city.raise("a1", { tier: "station" });
    city.raise("r1", { tier: "station", severity: "alarm" });
    await city.wake();
    const due = city.rows("SELECT receipt_due_ms FROM care ORDER BY alert") as number[][];
    // 21:55 and thirty minutes: five before the quiet hours, twenty-five after them.
    expect(due.map(([ms]) => new Date(ms ?? 0).toISOString())).toEqual([
      ...["2026-11-24T23:25:00.000Z", "2026-11-24T14:05:00.000Z"],
    ]);
  });

  it("does every step once, wherever it is cut off", async () => {
    const routing = await everyTier();
    const run = async (crashes: boolean) => {
      const city = testedDuty({ routing });
      city.raise("a1");
      city.raise("a2", { severity: "alarm" });
      for (let step = 0; step < 60; step++) {
        if (crashes) city.crash();
        await city.pass(5 * minute);
      }
      return city.rows("SELECT alert, tier, officer, reason, at_ms FROM duty_step ORDER BY id");
    };
    expect(await run(true)).toEqual(await run(false));
  });

  it("tells who heard of it when it is over, not who ended it", async () => {
    const sms = new TestedSms();
    const city = testedDuty({ routing: await everyTier(), channels: [sms] });
    city.raise("a1");
    await city.pass(minute);
    city.database.transaction(() =>
      city.alerts.change("a1", { to: "resolved", reason: "condition-ended", atMs: city.clock.nowMs }),
    )();
    await city.pass(2 * minute);
    expect(sms.texts().at(-1)).toMatch(/^op: 预警解除：松柏市场快检阳性a1/u);
    city.raise("a2");
    await city.pass(10 * minute - 1);
    acknowledgeAlert(city.database, { id: "a2", by: "chen.op", nowMs: city.clock.nowMs });
    closeAlert(city.database, { id: "a2", by: "chen.op", nowMs: city.clock.nowMs, result: "x", evidence: "y" });
    await city.pass(30 * minute);
    expect(sms.got).toHaveLength(3);
  });
});
