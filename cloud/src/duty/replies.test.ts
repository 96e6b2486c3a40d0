import { describe, expect, it } from "vitest";
import { everyTier, hour, minute, TestedSms, testedDuty } from "../../test/tested-duty.ts";

const operator = "13800000001";

const opened = async () => {
  const sms = new TestedSms();
  const city = testedDuty({ routing: await everyTier(), channels: [sms] });
  let count = 0;
  /** Codes that an officer was sent so far, the latest last. */
  const codes = (officer: string): string[] =>
    sms.got
      .filter(({ recipient, message }) => recipient?.officer === officer && (message.variables["code"] ?? "") !== "")
      .map(({ message }) => message.variables["code"] ?? "");
  const reply = async (phone: string, text: string): Promise<string | undefined> => {
    const before = sms.got.length;
    sms.inbound?.onReply({ id: `mo-${count++}`, phone, text, atMs: city.clock.nowMs });
    await city.wake();
    return sms.got.slice(before).find(({ message }) => message.template === "reply")?.message.variables["outcome"];
  };
  return { sms, city, codes, reply };
};

describe("a code", () => {
  it("takes an alert over once: not again after it moved up because nobody acted", async () => {
    const { city, codes, reply } = await opened();
    city.raise("r1", { severity: "alarm" });
    await city.wake();
    const [mine = ""] = codes("op");
    expect(await reply(operator, mine)).toBe("已签收，请及时处置");
    // Nobody handles it in time: the station has it, and it is there to be taken over again.
    await city.pass(hour);
    expect(city.rows("SELECT state, acknowledged_by FROM alert")).toEqual([["firing", null]]);
    expect(await reply(operator, mine)).toBe("编号已用过");
    expect(city.rows("SELECT state FROM alert")).toEqual([["firing"]]);
    expect(city.audited.at(-1)).toMatchObject({ subject: "alert:r1", outcome: "refused" });
    const later = codes("lin").at(-1) ?? "";
    expect(await reply("13800000002", later)).toBe("已签收，请及时处置");
    expect(await reply(operator, mine)).toBe("已由lin名签收");
  });

  it("that came second is still good when the first officer did not act", async () => {
    const { city, codes, reply } = await opened();
    city.raise("r1", { severity: "alarm" });
    await city.pass(5 * minute);
    const [first, second] = [codes("op")[0] ?? "", codes("lin")[0] ?? ""];
    expect(await reply(operator, first)).toBe("已签收，请及时处置");
    expect(await reply("13800000002", second)).toBe("已由op名签收");
    await city.pass(2 * hour);
    expect(city.rows("SELECT state FROM alert")).toEqual([["firing"]]);
    expect(await reply("13800000002", second)).toBe("已签收，请及时处置");
  });

  it("is good for nobody who is no officer any more", async () => {
    const { city, codes, reply } = await opened();
    city.raise("r1", { severity: "alarm" });
    await city.wake();
    const [mine = ""] = codes("op");
    const { change } = city.register.change(
      [],
      [
        { kind: "duties", key: ["", "songbai", "operator", "1", ""] },
        { kind: "officers", key: ["op"] },
      ],
    );
    expect(change).not.toBeNull();
    // The register is asked anew in another minute, or when somebody else has changed it.
    city.clock.nowMs += minute;
    expect(await reply(operator, mine)).toBe("编号无效");
    expect(city.rows("SELECT state FROM alert")).toEqual([["firing"]]);
  });
});

describe("a word without a code", () => {
  it("is about the one alert that is not over; with several the code is asked for", async () => {
    const { city, reply } = await opened();
    city.raise("r1", { severity: "alarm" });
    city.raise("r2", { severity: "alarm" });
    await city.wake();
    expect(await reply(operator, "收到")).toBe("请回复短信中的编号");
    city.database
      .transaction(() =>
        city.alerts.change("r1", { to: "resolved", reason: "condition-ended", atMs: city.clock.nowMs }),
      )
      .immediate();
    expect(await reply(operator, "收到")).toBe("已签收，请及时处置");
    expect(city.rows("SELECT id, state FROM alert ORDER BY id")).toEqual([
      ["r1", "resolved"],
      ["r2", "acknowledged"],
    ]);
  });
});
