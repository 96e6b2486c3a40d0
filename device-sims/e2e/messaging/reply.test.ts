import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modemChannelFor } from "../../src/commands/modem-command.ts";
import { needs } from "../../src/harness/requirements.ts";
import { until } from "../../src/harness/until.ts";
import { SimulatedModem } from "../../src/messaging/modem/modem.ts";
import { ModemState } from "../../src/messaging/modem/modem-state.ts";
import { replyOf } from "../../src/messaging/smpp/incoming.ts";
import { openLine } from "../../src/transports/open-line.ts";
import type { SimLine } from "../../src/transports/sim-line.ts";
import { openToldMarket, phones, type ToldMarket } from "./told-market.ts";

const tools = needs("python3");

const codeIn = (text: string): string => /回复(\d{4})签收$/.exec(text)?.[1] ?? "none";

describe.skipIf(tools.skip)(tools.title("an alert told by SMPP, or by modem"), () => {
  let dir: string;
  let line: SimLine;
  let modem: SimulatedModem;
  let told: ToldMarket;
  const byModem = new ModemState(() => undefined);

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "mingcheng-modem-"));
    line = await openLine(`pty:${join(dir, "modem")}`);
    modem = new SimulatedModem(byModem, line);
    told = await openToldMarket(["district"], [{ ...modemChannelFor(dir), pinFile: undefined }]);
  });
  afterAll(async () => {
    await told.close();
    await line.close();
    rmSync(dir, { recursive: true });
  });

  const reply = (...replies: readonly { readonly phone: string; readonly text: string }[]): void => {
    const { state, smsc } = told;
    for (const { phone, text } of replies) state.waiting.push(...replyOf({ phone, text, coding: "ucs2" }, Date.now()));
    smsc.push();
  };
  const textTo = (phone: string, holds: RegExp): Promise<string> =>
    until(() => told.state.messages.find((one) => one.phone === phone && holds.test(one.text))?.text, {
      ...{ what: `a message to ${phone} like ${holds}`, withinMs: 60_000, everyMs: 50 },
      detail: () => JSON.stringify([told.state.messages, told.state.taken, told.state.complaints]),
    });
  const isTaken = ({ alert }: { readonly alert: { readonly state?: string | undefined } }): boolean =>
    alert.state === "acknowledged";

  it("is taken over by whoever answers first; the other one is told who it was", async () => {
    await told.report("S-0001");
    const texts = await Promise.all([textTo(phones.station, /签收$/), textTo(phones.district, /签收$/)]);
    const [mine = "none", theirs = "none"] = texts.map(codeIn);
    expect(mine).not.toBe(theirs);
    // A code is good for the number it was sent to alone.
    reply({ phone: phones.district, text: mine });
    await textTo(phones.district, /编号无效/);
    reply({ phone: phones.station, text: `签收 ${mine}` }, { phone: phones.district, text: theirs });
    const answers = await Promise.all([
      textTo(phones.station, /：(?:已签收|已由)/),
      textTo(phones.district, /：(?:已签收|已由)/),
    ]);
    expect(answers.filter((text) => text.endsWith("：已签收，请及时处置"))).toHaveLength(1);
    expect(answers.filter((text) => /：已由示例[己卯]签收$/.test(text))).toHaveLength(1);
    const { alert, history } = await told.alertOf("S-0001", "it is acknowledged", isTaken);
    expect(history.filter(({ reason }) => reason === "acknowledged")).toHaveLength(1);
    expect(history.filter(({ reason }) => reason === "delivered").length).toBeGreaterThanOrEqual(2);
    const secrets = [phones.station.slice(2), phones.district.slice(2), mine, theirs];
    expect(secrets.filter((one) => JSON.stringify([alert, history]).includes(one))).toEqual([]);
    expect(told.state.complaints).toEqual([]);
  }, 120_000);

  it("goes through the modem when the SMS centre does not take it, and is taken over through the modem", async () => {
    told.state.behaviour = { ...told.state.behaviour, submit: "invalid-destination" };
    await told.report("S-0002");
    const phone = `+${phones.station}`;
    const text = await until(() => byModem.messages.find((one) => one.phone === phone)?.text, {
      ...{ what: "a message by modem", withinMs: 60_000, detail: () => JSON.stringify(byModem) },
    });
    modem.receive({ phone, text: `${codeIn(text)}收到`, coding: "ucs2" });
    const { history } = await told.alertOf("S-0002", "it is acknowledged", isTaken);
    const reasons = history.map(({ reason }) => reason);
    expect(reasons).toContain("notify-failed-over");
    expect(reasons).toContain("delivered");
  }, 120_000);

  it("lets the centre end: connection and port are let go of", async () => {
    expect(await told.market.centre.stop()).toEqual({ code: 0, signal: null });
    expect(told.smsc.connections()).toBe(0);
    await until(() => !byModem.isOpen, { what: "the port is closed", withinMs: 5_000 });
  }, 30_000);
});
