import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fromHex, type Today } from "@mingcheng/protocols";
import { afterEach, describe, expect, it } from "vitest";
import { verifyInPython } from "../../src/evidence/python-verifier.ts";
import type { GatewayProcess } from "../../src/harness/gateway-process.ts";
import { killedAfter } from "../../src/harness/kill-moment.ts";
import { type MarketUnderTest, openMarket } from "../../src/harness/market.ts";
import { builtModule } from "../../src/harness/repository.ts";
import { fakeTimeLibrary, needs } from "../../src/harness/requirements.ts";
import { ProgramEndedError, runProgram, startProgram } from "../../src/harness/running-program.ts";
import { until } from "../../src/harness/until.ts";
import { hastyTester, keepReporting } from "../system/busy-tester.ts";

const tools = needs("libfaketime", "python3", "openssl");
const gw = "market-a";
let market: MarketUnderTest | undefined;
afterEach(() => market?.close());

/** Environment of a command in whose eyes it is so many days later. */
const later = (days: number) => ({
  LANG: "en_GB.UTF-8",
  LD_PRELOAD: fakeTimeLibrary() ?? "",
  FAKETIME: `+${days}d`,
  FAKETIME_DONT_FAKE_MONOTONIC: "1",
  DONT_FAKE_MONOTONIC: "1",
});

interface Report {
  readonly name: string;
  readonly count: number;
  readonly held: number;
}

const open = async () => {
  const testers = ["one", "two"].map((name) => ({ id: `tester-${name}`, ...hastyTester }));
  market = await openMarket([{ gw, devices: testers }]);
  const [gateway] = market.gateways;
  if (gateway === undefined) throw new Error("no gateway");
  const { centre } = market;
  const command = (days: number, ...args: string[]) => ({
    name: "retention",
    command: process.execPath,
    args: [
      builtModule("cloud/dist/main.js"),
      "retention",
      ...args,
      "--data",
      centre.dataDir,
      "--config",
      centre.configFile,
    ],
    env: later(days),
  });
  const retention = async (days: number, ...args: string[]): Promise<Report[]> =>
    JSON.parse(await runProgram(command(days, ...args, "--json"))) as Report[];
  return { ...market, gateway, command, retention };
};

/** The evidence as both verifiers see it. */
const judged = async ({ dir, centre }: MarketUnderTest, gateway: GatewayProcess) => {
  const file = join(dir, `evidence-${Math.random()}.mcx`);
  await centre.command("export", "--gateway", gw, "--out", file);
  const said = await centre.command("verify", file);
  const enrolment = JSON.parse(readFileSync(join(gateway.dataDir, "identity", "enrolment.json"), "utf8"));
  const bytes = readFileSync(file);
  const manifest = JSON.parse(bytes.toString("utf8").split("\n")[0] ?? "");
  const pinned = {
    gateway: fromHex(manifest.keys[0].publicKey) ?? new Uint8Array(),
    centre: fromHex(enrolment.manifestKey) ?? new Uint8Array(),
  };
  const [verdict] = verifyInPython([bytes], pinned);
  return { said, verdict, pinned, text: bytes.toString("utf8") };
};

const count = (reports: readonly Report[], name: string): Report =>
  reports.find((report) => report.name === name) ?? { name, count: -1, held: -1 };

describe.skipIf(tools.skip)(tools.title("retention of a centre that runs"), () => {
  it("erases what is over, keeps what is held, survives SIGKILL, and both verifiers find the chain whole", async () => {
    const { centre, gateway, device, arrived, api, command, retention } = await open();
    const testers = ["tester-one", "tester-two"].map((id) => keepReporting(device(id), 10));
    await until(() => testers.every((tester) => tester.reported() > 150), { what: "results", withinMs: 60_000 });
    for (const tester of testers) await tester.stop();
    await arrived(gateway);
    const all = testers.reduce((sum, tester) => sum + tester.reported(), 0);
    // Nothing is due yet: the running centre is asked, and answers.
    expect(count(await retention(0, "run"), "tests")).toMatchObject({ count: 0, held: 0 });
    await centre.command("retention", "hold", "--gateway", gw, "--device", "tester-two", "--reason", "case 7");
    expect(await centre.command("retention", "holds")).toContain("case 7");
    await centre.stop();
    expect(count(await retention(2_000, "plan"), "tests")).toEqual(
      expect.objectContaining({ count: testers[0]?.reported(), held: testers[1]?.reported() }),
    );
    let kills = 0;
    let finished: Report[] | undefined;
    // Later and later: on a slow machine it takes a while before there is anything to be killed in the middle of.
    for (let afterMs = 250; finished === undefined; afterMs += Math.max(120, afterMs * 0.1)) {
      const exit = await killedAfter(startProgram(command(2_000, "run", "--json")), afterMs);
      if (exit.code === 0) finished = await retention(2_000, "run");
      else kills++;
    }
    expect(kills).toBeGreaterThan(0);
    expect(count(finished ?? [], "tests")).toMatchObject({ count: 0 });
    const halfway = await judged(market as MarketUnderTest, gateway);
    expect(halfway.verdict).toMatchObject({ ok: true, withheld: testers[0]?.reported() });
    expect(halfway.text).not.toContain("tester-one-00001");
    expect(halfway.text).toContain("tester-two-00001");
    // The centre goes on with the ledger as it is; the projections have followed.
    await centre.start();
    const today = await until(
      async () => {
        const now = await (await api()).get<Today>("/api/v1/today");
        return now.totals.tests.all === testers[1]?.reported() ? now : undefined;
      },
      { what: "the counts follow", withinMs: 30_000 },
    );
    expect(today.totals.tests.all).toBeLessThan(all);
    await centre.command("retention", "release", "1", "--reason", "case closed");
    await centre.stop();
    expect(count(await retention(2_000, "run"), "tests")).toMatchObject({ count: testers[1]?.reported(), held: 0 });
    const end = await judged(market as MarketUnderTest, gateway);
    expect(end.verdict).toMatchObject({ ok: true, withheld: all });
    // A record made again from thin air is found: the planted fault.
    const forged = end.text.replace(/^D ([0-9a-f]{64})$/m, `D ${"0".repeat(64)}`);
    expect(verifyInPython([Buffer.from(forged)], end.pinned)).toMatchObject([{ ok: false }]);
    await centre.start();
    await arrived(gateway);
    await expect(centre.command("retention", "release", "1", "--reason", "again")).rejects.toThrow(ProgramEndedError);
  }, 180_000);
});
