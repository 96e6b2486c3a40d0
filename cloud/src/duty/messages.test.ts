import { describe, expect, it } from "vitest";
import { everyTier, hour, minute, putian, TestedSms, testedDuty } from "../../test/tested-duty.ts";
import { acknowledgeAlert } from "../alerts/alert-actions.ts";
import type { Delivery } from "../channels/channel.ts";

const lost: Delivery = { type: "failed", outcome: "no answer", lost: true };
const refused: Delivery = { type: "refused", outcome: "number is empty" };
const down: Delivery = { type: "failed", outcome: "HTTP 503", lost: false };

describe("messages to people", () => {
  it("gather what comes together: one for several, alarms alone and at once", async () => {
    const sms = new TestedSms();
    const city = testedDuty({ routing: await everyTier(), channels: [sms] });
    for (const id of ["a1", "a2", "a3"]) city.raise(id);
    city.raise("r1", { severity: "alarm" });
    await city.wake();
    expect(sms.texts()).toEqual([expect.stringMatching(/^op: 紧急预警：松柏市场快检阳性r1，10:00。回复\d{4}签收$/u)]);
    await city.pass(10_000);
    expect(sms.texts()[1]).toBe("op: 关注预警：松柏市场等3条，10:00起，请登录查看");
    expect(city.history("a2").filter((reason) => reason.startsWith("notified"))).toEqual(["notified op"]);
  });

  it("end ten thousand alerts of a minute in a few messages, and none of them is lost", async () => {
    const sms = new TestedSms();
    const city = testedDuty({ routing: await everyTier(), channels: [sms] });
    for (let index = 0; index < 10_000; index++)
      city.raise(`a${index}`, { severity: index % 100 === 0 ? "alarm" : "attention" });
    await city.pass(4 * minute);
    expect(sms.got.length).toBeLessThanOrEqual(20);
    const said = city.rows("SELECT state, count(DISTINCT alert) FROM told GROUP BY state");
    expect(said).toEqual([["message", 10_000]]);
    expect(city.rows("SELECT sum(alerts) FROM message")).toEqual([[10_000]]);
    expect(city.rows("SELECT count(*) FROM care WHERE officer IS NOT NULL")).toEqual([[10_000]]);
  }, 60_000);

  it("are not sent for what was taken over or ended before, and say so", async () => {
    const sms = new TestedSms();
    const city = testedDuty({ routing: await everyTier(), channels: [sms] });
    city.raise("a1");
    await city.pass(5_000);
    acknowledgeAlert(city.database, { id: "a1", by: "somebody", nowMs: city.clock.nowMs });
    await city.pass(minute);
    expect(sms.got).toEqual([]);
    expect(city.history("a1")).toContain("withdrawn taken-over");
    // Made already, but the provider is down: looked at again right before each attempt.
    sms.answers = [down, down, down];
    city.raise("a2");
    await city.pass(10_000);
    const tried = sms.got.length;
    expect(tried).toBeGreaterThan(0);
    acknowledgeAlert(city.database, { id: "a2", by: "somebody", nowMs: city.clock.nowMs });
    await city.pass(10 * minute);
    expect(sms.got).toHaveLength(tried);
    expect(city.rows("SELECT state, reason FROM message")).toEqual([["withdrawn", "taken-over"]]);
  });

  it("go the next way when a channel refuses, and to the next person when none is left", async () => {
    const [first, second] = [new TestedSms("first"), new TestedSms("second")];
    const city = testedDuty({ routing: await everyTier(), channels: [first, second] });
    first.answers = [refused, refused];
    second.answers = [{ type: "sent", outcome: "ok" }, refused];
    city.raise("r1", { severity: "alarm", tier: "station" });
    await city.wake();
    expect([first.got.length, second.got.length]).toEqual([1, 1]);
    city.raise("r2", { severity: "alarm", tier: "station" });
    await city.pass(1_000);
    expect(city.history("r2")).toEqual([
      ...["condition-met", "assigned lin first", "notify-refused lin", "notify-failed-over lin number is empty"],
      ...["notify-refused lin", "unreachable lin number is empty", "escalated wang unreachable", "notified wang"],
    ]);
  });

  it("go the way that their route names", async () => {
    const [first, second] = [new TestedSms("first"), new TestedSms("second")];
    const routing = await everyTier();
    const routes = routing.routes.map((route) => (route.id === "urgent" ? { ...route, channels: ["second"] } : route));
    const city = testedDuty({ routing: { ...routing, routes }, channels: [first, second] });
    city.raise("r1", { severity: "alarm" });
    await city.wake();
    expect([first.got.length, second.got.length]).toEqual([0, 1]);
  });

  it("wait for their receipt, and go the next way without one", async () => {
    const [first, second] = [new TestedSms("first"), new TestedSms("second")];
    first.hasReceipts = true;
    const city = testedDuty({ routing: await putian(), channels: [first, second] });
    city.raise("a1");
    await city.pass(minute);
    const receiptId = `first-${first.got[0]?.body.id}`;
    first.inbound?.onReceipt({ receiptId, state: "delivered", outcome: "DELIVRD", atMs: city.clock.nowMs });
    first.inbound?.onReceipt({ receiptId, state: "delivered", outcome: "DELIVRD", atMs: city.clock.nowMs });
    expect(city.history("a1").filter((reason) => reason.startsWith("delivered"))).toEqual(["delivered op"]);
    expect(city.rows("SELECT state FROM message")).toEqual([["delivered"]]);
    city.raise("r1", { severity: "alarm", tier: "city" });
    await city.pass(10 * minute);
    expect(second.texts()[0]).toMatch(/^li: 紧急预警/u);
    expect(city.history("r1")).toContain("no-receipt li");
  });

  it("are sent at most once more when an answer was lost, and marked; a third time never", async () => {
    const sms = new TestedSms();
    const city = testedDuty({ routing: await everyTier(), channels: [sms] });
    sms.answers = [lost, lost, lost, lost];
    city.raise("a1");
    await city.pass(9 * minute);
    expect(sms.got.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(sms.got[0]?.body.id).toBe(sms.got[1]?.body.id);
    expect(city.history("a1")).toContain("notify-unconfirmed op");
    expect(city.rows("SELECT state, reason FROM message")).toEqual([["unconfirmed", "answer lost"]]);
  });

  it("are sent once a provider that was down for an hour is back, and not for what was handled meanwhile", async () => {
    const sms = new TestedSms();
    const city = testedDuty({ routing: await putian(), channels: [sms] });
    sms.answers = Array.from({ length: 1_000 }, () => down);
    city.raise("a1");
    city.raise("a2");
    city.raise("r1", { severity: "alarm", tier: "city" });
    await city.pass(hour - minute);
    acknowledgeAlert(city.database, { id: "a1", by: "somebody", nowMs: city.clock.nowMs });
    acknowledgeAlert(city.database, { id: "a2", by: "somebody", nowMs: city.clock.nowMs });
    await city.pass(minute);
    sms.answers = [];
    const before = sms.got.length;
    await city.pass(2 * minute);
    const said = sms.texts().slice(before);
    expect(said.filter((text) => text.includes("r1")).length).toBeGreaterThan(0);
    expect(said.filter((text) => /a1|a2|等/u.test(text))).toEqual([]);
    expect(new Set(said).size).toBe(said.length);
    expect(city.rows("SELECT count(*) FROM message WHERE state = 'sending'")).toEqual([[0]]);
  });

  it("go another way rather than twice the same when an answer was lost, and never to a third copy", async () => {
    const [first, second] = [new TestedSms("first"), new TestedSms("second")];
    const city = testedDuty({ routing: await everyTier(), channels: [first, second] });
    first.answers = [lost];
    city.raise("r1", { severity: "alarm" });
    await city.pass(minute);
    expect([first.got.length, second.got.length]).toEqual([1, 1]);
    expect(city.history("r1")).toContain("notify-failed-over op no answer, answer lost");
    expect(city.rows("SELECT n, state, lost FROM leg ORDER BY n")).toEqual([
      [0, "expired", 1],
      [1, "sent", 0],
    ]);
    first.answers = [lost];
    second.answers = [lost];
    city.raise("r2", { severity: "alarm" });
    await city.pass(minute);
    expect([first.got.length, second.got.length]).toEqual([2, 2]);
    expect(city.history("r2")).toContain("notify-unconfirmed op");
  });

  it("wait where the provider can be asked what became of them; another way takes over when it cannot be", async () => {
    const [first, second] = [new TestedSms("first"), new TestedSms("second")];
    first.asksFirst = true;
    const city = testedDuty({ routing: await everyTier(), channels: [first, second] });
    first.answers = [lost];
    city.raise("r1", { severity: "alarm" });
    await city.pass(minute);
    expect(first.got.map(({ attempt, mayHaveIt }) => [attempt, mayHaveIt])).toEqual([
      [1, false],
      [2, true],
    ]);
    expect(second.got).toEqual([]);
    first.answers = [lost, down, down, down];
    city.raise("r2", { severity: "alarm" });
    await city.pass(minute);
    expect([first.got.length, second.got.length]).toEqual([5, 1]);
    expect(city.history("r2").filter((reason) => reason.startsWith("notified"))).toEqual(["notified op"]);
  });

  it("survive a kill at any moment: none lost, none twice but one that is marked", async () => {
    const sms = new TestedSms();
    const city = testedDuty({ routing: await everyTier(), channels: [sms] });
    for (let index = 0; index < 20; index++) {
      sms.answers = ["hold"];
      city.raise(`r${index}`, { severity: "alarm" });
      await city.wake();
      // The attempt is under way, and what would have said how it ended is gone.
      city.crash();
      sms.answers = [];
      await city.pass(4 * minute);
    }
    const byMessage = new Map<string, number>();
    for (const { body } of sms.got) byMessage.set(body.id, (byMessage.get(body.id) ?? 0) + 1);
    expect(Math.max(...byMessage.values())).toBeLessThanOrEqual(2);
    const twice = [...byMessage].filter(([, count]) => count === 2).map(([id]) => id);
    const marked = city.rows("SELECT DISTINCT message FROM leg WHERE lost > 0").flat();
    expect(twice.filter((id) => !marked.includes(id))).toEqual([]);
    expect(city.rows("SELECT count(*) FROM told WHERE state = 'waiting'")).toEqual([[0]]);
    expect(
      city.rows("SELECT count(*) FROM alert WHERE NOT EXISTS (SELECT 1 FROM told WHERE told.alert = alert.id)"),
    ).toEqual([[0]]);
  });

  it("wait for the morning in quiet hours, all in one; notices wait for the digest, which counts silent devices", async () => {
    const sms = new TestedSms();
    const city = testedDuty({ routing: await putian(), channels: [sms] });
    city.clock.nowMs += 13 * hour;
    for (const id of ["a1", "a2"]) city.raise(id, { tier: "station" });
    for (const id of ["n1", "n2", "n3"]) city.raise(id, { severity: "notice", tier: "station", rule: "device-silent" });
    await city.pass(7 * hour);
    expect(sms.got).toEqual([]);
    expect(city.rows("SELECT DISTINCT state, reason FROM told ORDER BY state DESC")).toEqual([
      ["waiting", "quiet"],
      ["digest", null],
    ]);
    await city.pass(2 * hour);
    // What moved up since the morning comes on top.
    expect(
      sms
        .texts()
        .filter((text) => !text.includes("07:30起"))
        .toSorted(),
    ).toEqual(
      [
        ...["lin: 11/25日报：提示3条，静默设备3台", "lin: 关注预警：松柏市场等2条，23:00起，请登录查看"],
        "wu: 关注预警：松柏市场等2条，23:00起，请登录查看",
      ].toSorted(),
    );
  });

  it("keep to the centre's budget of a day", async () => {
    const sms = new TestedSms();
    const routing = await everyTier();
    const city = testedDuty({ routing: { ...routing, limits: { ...routing.limits, perDay: 1 } }, channels: [sms] });
    city.raise("a1");
    await city.pass(minute);
    city.raise("a2", { site: "school", tier: "station" });
    city.raise("r1", { severity: "alarm" });
    await city.pass(minute);
    expect(sms.got).toHaveLength(2);
    expect(city.rows("SELECT reason FROM told WHERE alert = 'a2'")).toEqual([["budget"]]);
  });
});

describe("a reply", () => {
  const asked = async () => {
    const sms = new TestedSms();
    const city = testedDuty({ routing: await everyTier(), channels: [sms] });
    city.raise("r1", { severity: "alarm" });
    await city.wake();
    const code = sms.got[0]?.message.variables["code"] ?? "";
    let count = 0;
    const reply = async (phone: string, text: string, id = `mo-${count++}`): Promise<string | undefined> => {
      const before = sms.got.length;
      sms.inbound?.onReply({ id, phone, text, atMs: city.clock.nowMs });
      await city.wake();
      return sms.got.slice(before).find(({ message }) => message.template === "reply")?.message.variables["outcome"];
    };
    return { sms, city, code, reply };
  };

  it("takes an alert over as that officer, in many ways to write it, once", async () => {
    for (const [index, write] of [
      (code: string) => code,
      (code: string) => `签收 ${code}`,
      (code: string) => `ACK ${code}`,
      (code: string) => `${code} 收到。`,
      (code: string) =>
        Array.from(code)
          .map((digit) => String.fromCodePoint((digit.codePointAt(0) ?? 0) + 0xfee0))
          .join(""),
      () => "收到",
    ].entries()) {
      const { city, code, reply } = await asked();
      expect(await reply("+8613800000001", write(code)), String(index)).toBe("已签收，请及时处置");
      expect(city.rows("SELECT state, acknowledged_by FROM alert")).toEqual([["acknowledged", "chen.op"]]);
      expect(city.audited).toMatchObject([{ actor: "chen.op", action: "alert.acknowledged", subject: "alert:r1" }]);
    }
  });

  it("that comes twice is taken once, and of two officers the second is told who was first", async () => {
    const { sms, city, code, reply } = await asked();
    await city.pass(5 * minute);
    const other = sms.got.find(({ recipient }) => recipient?.officer === "lin")?.message.variables["code"] ?? "";
    expect(await reply("13800000001", code, "same")).toBe("已签收，请及时处置");
    expect(await reply("13800000001", code, "same")).toBeUndefined();
    expect(await reply("13800000002", other)).toBe("已由op名签收");
    expect(await reply("13800000001", code)).toBe("您已签收");
  });

  it("from another number, with an unknown or an expired code, is answered politely, five times an hour", async () => {
    const { city, code, reply } = await asked();
    const answers = [];
    for (let index = 0; index < 8; index++) answers.push(await reply("13900000000", code));
    expect(answers).toEqual([...Array.from({ length: 5 }, () => "编号无效"), undefined, undefined, undefined]);
    expect(await reply("13900000000", "谢谢，知道了")).toBeUndefined();
    await city.pass(25 * hour);
    expect(await reply("13800000001", code)).toBe("编号已过期");
    expect(city.rows("SELECT state FROM alert")).toEqual([["firing"]]);
    expect(city.audited.every(({ outcome }) => outcome === "refused")).toBe(true);
  });
});
