import { describe, expect, it } from "vitest";
import { randomMoment } from "../../src/harness/kill-moment.ts";
import { until } from "../../src/harness/until.ts";
import { createRandom } from "../../src/random.ts";
import { faultless, judgeLedger } from "./judge-ledger.ts";
import { readLedger } from "./ledger-reading.ts";
import type { PlantName } from "./plants.ts";
import { startTestedCentre } from "./tested-centre.ts";

/**
 * Kills the centre again and again while three gateways send, and judges its ledger after every kill, before any gateway
 * can send again. At the end everything captured must be there, once.
 */
const killWhileIngesting = async (kills: number, plant?: PlantName) => {
  const tested = await startTestedCentre({ plant });
  const { centre, gateways } = tested;
  const random = createRandom(2026);
  try {
    for (const gw of ["market-a", "market-b"]) await tested.add(gw);
    await tested.add("market-c", { times: 2 });
    const capturing = setInterval(() => {
      for (const watched of gateways) watched.capture(1 + random.below(6));
    }, 20);
    const verdicts = [];
    try {
      await Promise.all(gateways.map((watched) => watched.connect()));
      for (let kill = 1; kill <= kills; kill++) {
        const before = gateways.map(({ receipted }) => receipted.length);
        await until(() => gateways.every(({ receipted }, index) => receipted.length > (before[index] ?? 0) + 3), {
          what: "receipts go out",
          withinMs: 20_000,
          everyMs: 5,
          detail: () => centre.program.output(),
        });
        await randomMoment(random, 80);
        await centre.kill();
        await until(() => gateways.every((watched) => !watched.isConnected()), {
          what: "the connections are gone",
          withinMs: 5_000,
          everyMs: 1,
        });
        verdicts.push(judgeLedger(readLedger(centre.dataDir), gateways));
        // A planted fault shows only when the kill falls between two instants: once is enough.
        if (plant !== undefined && verdicts.some(({ lost }) => lost.length > 0)) break;
        if (kill < kills) await centre.start();
      }
    } finally {
      clearInterval(capturing);
    }
    await centre.start();
    await until(() => gateways.every((watched) => watched.settled()), {
      what: "everything is receipted",
      withinMs: 30_000,
      detail: () => centre.program.output(),
    });
    await centre.stop();
    const stored = readLedger(centre.dataDir);
    const captured = gateways.reduce((sum, { digests }) => sum + digests.length, 0);
    return { verdicts, final: judgeLedger(stored, gateways), stored: stored.length, captured };
  } finally {
    await tested.dispose();
  }
};

describe("SIGKILL of the centre while it takes records", () => {
  it("loses no receipted record, stores none twice, invents none: 20 kills", async () => {
    const { verdicts, final, stored, captured } = await killWhileIngesting(20);
    expect(verdicts).toEqual(verdicts.map(() => faultless));
    expect(final).toEqual(faultless);
    expect(stored).toBe(captured);
    expect(captured).toBeGreaterThan(1_000);
  }, 300_000);

  it("is noticed when receipts go out before the commit", async () => {
    const { verdicts } = await killWhileIngesting(15, "receipt-before-commit");
    expect(verdicts.flatMap(({ lost }) => lost)).not.toEqual([]);
  }, 120_000);

  it("is noticed when records are inserted without a key", async () => {
    const { final } = await killWhileIngesting(1, "insert-without-key");
    expect(final.twice).not.toEqual([]);
  }, 120_000);
});
