import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { modemChannelFor } from "../../src/commands/modem-command.ts";
import { needs } from "../../src/harness/requirements.ts";
import { until } from "../../src/harness/until.ts";
import { SimulatedModem } from "../../src/messaging/modem/modem.ts";
import { ModemState } from "../../src/messaging/modem/modem-state.ts";
import { replyOf } from "../../src/messaging/smpp/incoming.ts";
import { openLine } from "../../src/transports/open-line.ts";
import { openToldMarket, phones, type ToldMarket } from "./told-market.ts";

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const opened = async (...args: Parameters<typeof openToldMarket>): Promise<ToldMarket> => {
  const told = await openToldMarket(...args);
  undo.push(() => told.close());
  return told;
};

const codeIn = (text: string): string => /回复(\d{4})签收$/.exec(text)?.[1] ?? "none";

const reply = (
  { state, smsc }: ToldMarket,
  ...replies: readonly { readonly phone: string; readonly text: string }[]
) => {
  for (const { phone, text } of replies) state.waiting.push(...replyOf({ phone, text, coding: "ucs2" }, Date.now()));
  smsc.push();
};

const textTo = ({ state }: ToldMarket, phone: string, holds: RegExp): Promise<string> =>
  until(() => state.messages.find((one) => one.phone === phone && holds.test(one.text))?.text, {
    ...{ what: `a message to ${phone} like ${holds}`, withinMs: 60_000, everyMs: 50 },
    detail: () => JSON.stringify([state.messages, state.taken, state.complaints]),
  });

describe("an alert told by SMPP", () => {
  it("is taken over by whoever answers first; the other one is told who it was", async () => {
    const told = await opened(["district"]);
    await told.report("S-0001");
    const texts = await Promise.all([textTo(told, phones.station, /签收$/), textTo(told, phones.district, /签收$/)]);
    const [mine = "none", theirs = "none"] = texts.map(codeIn);
    expect(mine).not.toBe(theirs);
    // A code is good for the number it was sent to alone.
    reply(told, { phone: phones.district, text: mine });
    await textTo(told, phones.district, /编号无效/);
    reply(told, { phone: phones.station, text: `签收 ${mine}` }, { phone: phones.district, text: theirs });
    const answers = await Promise.all([
      textTo(told, phones.station, /：(?:已签收|已由)/),
      textTo(told, phones.district, /：(?:已签收|已由)/),
    ]);
    expect(answers.filter((text) => text.includes("已签收，请及时处置"))).toHaveLength(1);
    expect(answers.filter((text) => /已由示例[己卯]签收$/.test(text))).toHaveLength(1);
    const { alert, history } = await told.alertOf(
      "S-0001",
      "it is acknowledged",
      ({ alert }) => alert.state === "acknowledged",
    );
    expect(history.filter(({ reason }) => reason === "acknowledged")).toHaveLength(1);
    expect(history.filter(({ reason }) => reason === "delivered").length).toBeGreaterThanOrEqual(2);
    expect(JSON.stringify([alert, history])).not.toMatch(new RegExp([phones.station.slice(2), mine, theirs].join("|")));
    expect(told.state.complaints).toEqual([]);
  }, 180_000);

  const tools = needs("python3");
  it.skipIf(tools.skip)(
    tools.title("goes through a modem while the SMS centre is away, and its answer comes back through the modem"),
    async () => {
      const dir = mkdtempSync(join(tmpdir(), "mingcheng-modem-"));
      undo.push(() => rmSync(dir, { recursive: true }));
      const state = new ModemState(() => undefined);
      const line = await openLine(`pty:${join(dir, "modem")}`);
      undo.push(() => line.close());
      const modem = new SimulatedModem(state, line);
      const told = await opened([], [{ ...modemChannelFor(dir), pinFile: undefined }]);
      told.state.behaviour = { ...told.state.behaviour, submit: "invalid-destination" };
      await told.report("S-0002");
      const text = await until(() => state.messages[0]?.text, { what: "a message by modem", withinMs: 60_000 });
      expect(state.messages[0]?.phone).toBe(`+${phones.station}`);
      modem.receive({ phone: `+${phones.station}`, text: `${codeIn(text)}收到`, coding: "ucs2" });
      const { history } = await told.alertOf(
        "S-0002",
        "it is acknowledged",
        ({ alert }) => alert.state === "acknowledged",
      );
      const reasons = history.map(({ reason }) => reason);
      expect(reasons).toContain("notify-failed-over");
      expect(reasons).toContain("delivered");
    },
    180_000,
  );
});
