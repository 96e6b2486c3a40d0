import { randomMoment } from "../../src/harness/kill-moment.ts";
import { until } from "../../src/harness/until.ts";
import { createRandom } from "../../src/random.ts";
import { judgeLedger, type LedgerVerdict } from "./judge-ledger.ts";
import { readLedger } from "./ledger-reading.ts";
import type { PlantName } from "./plants.ts";
import { startTestedCentre } from "./tested-centre.ts";

/** What a number of kills of the centre brought about. */
export interface CentreKillReport {
  /** After every kill, before any gateway can send again. */
  readonly verdicts: readonly LedgerVerdict[];
  /** When everything captured is receipted. */
  readonly final: LedgerVerdict;
  readonly stored: number;
  readonly captured: number;
}

/** How the centre is killed. */
export interface CentreKilling {
  readonly kills: number;
  readonly seed: number;
  readonly plant?: PlantName;
}

/** A gateway captures no more while so much waits: a slow machine is not to spend the test on a backlog. */
const mostPending = 400;

/**
 * Kills the centre again and again while three gateways send, and judges its ledger after every kill, before any gateway
 * can send again. At the end everything captured must be there, once.
 */
export const killWhileIngesting = async ({ kills, seed, plant }: CentreKilling): Promise<CentreKillReport> => {
  const tested = await startTestedCentre({ plant });
  const { centre, gateways } = tested;
  const random = createRandom(seed);
  try {
    for (const gw of ["market-a", "market-b"]) await tested.add(gw);
    await tested.add("market-c", { times: 2 });
    const capturing = setInterval(() => {
      for (const watched of gateways) if (watched.pending() < mostPending) watched.capture(1 + random.below(6));
    }, 20);
    const verdicts: LedgerVerdict[] = [];
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
