import { describe, expect, it } from "vitest";
import { everyTier, hour, minute, putian, TestedSms, testedDuty } from "../../test/tested-duty.ts";
import type { Delivery } from "../channels/channel.ts";

const down: Delivery = { type: "failed", outcome: "HTTP 503", lost: false };

describe("messages with several channels", () => {
  it("do not wait for a limit or an account while another way was not tried", async () => {
    const [first, second] = [new TestedSms("first"), new TestedSms("second")];
    const city = testedDuty({ routing: await everyTier(), channels: [first, second] });
    const held = (retryAfterMs: number): Delivery => ({ ...down, outcome: "limit", retryAfterMs });
    first.answers = [held(3_600_000), held(5_000)];
    city.raise("r1", { severity: "alarm" });
    await city.wake();
    expect([first.got.length, second.got.length]).toEqual([1, 1]);
    // What passes soon is waited for.
    city.raise("r2", { severity: "alarm" });
    await city.pass(4_000);
    expect([first.got.length, second.got.length]).toEqual([2, 1]);
    await city.pass(1_000);
    expect([first.got.length, second.got.length]).toEqual([3, 1]);
  });

  it("go back to a channel that is well again when the last one is broken, and ask neither too often", async () => {
    const [first, second] = [new TestedSms("first"), new TestedSms("second")];
    const city = testedDuty({ routing: await putian(), channels: [first, second] });
    const noSim: Delivery = { ...down, outcome: "no SIM", retryAfterMs: 10 * minute };
    first.answers = Array.from({ length: 10_000 }, () => down);
    second.answers = Array.from({ length: 10_000 }, () => noSim);
    city.raise("a1");
    await city.pass(hour);
    // Waits of up to a minute; the one without a SIM is left alone as long as it says.
    const [[most] = [], [rarely] = []] = city.rows("SELECT max(attempts) FROM leg GROUP BY n ORDER BY n") as number[][];
    expect([most ?? 0, rarely]).toEqual([expect.toSatisfy((count: number) => count > 60 && count < 200), 6]);
    first.answers = [];
    await city.pass(2 * minute);
    expect(city.rows("SELECT count(*) FROM message WHERE state = 'sending'")).toEqual([[0]]);
    expect(city.history("a1").filter((reason) => reason.startsWith("notify-failed-over op"))).toHaveLength(1);
    expect(first.got.every(({ mayHaveIt }) => !mayHaveIt)).toBe(true);
  });
});
