import { killWhileIngesting } from "../e2e/centre/kill-loop.ts";
import { killCapturing } from "../e2e/outbox/kill-loop.ts";
import type { Bench, BenchOptions } from "./bench.ts";

/** What a round of kills brought about: everything but `kills` and `acknowledged` must be 0. */
export interface KillFigures {
  readonly kills: number;
  readonly acknowledged: number;
  readonly lost: number;
  readonly twice: number;
  readonly invented: number;
  /** Epoch records that name a predecessor which is not there, and losses reported of what is there. */
  readonly misreported: number;
}

/** What can be killed. */
export interface KillLevel {
  readonly name: string;
  /** Kills at least once and about `kills` times at random instants, each time starting again on the same data. */
  readonly round: (kills: number, random: () => number) => Promise<KillFigures>;
}

/** The gateway's outbox alone, capturing and freeing. */
const outboxLevel: KillLevel = {
  name: "outbox",
  round: async (kills, random) => {
    const { acknowledged, verdict } = await killCapturing({ kills, random, free: true, longestLifeMs: 120 });
    const { lost, twice, invented, orphaned, falselyLost } = verdict;
    return {
      kills,
      acknowledged,
      lost: lost.length,
      twice: twice.length,
      invented: invented.length,
      misreported: orphaned.length + falselyLost.length,
    };
  },
};

/** The centre while three gateways send. Records receipted at every kill and those captured at the end are held against it. */
const centreLevel: KillLevel = {
  name: "centre",
  round: async (kills, random) => {
    const rounds = Math.min(kills, centreRoundKills);
    const report = await killWhileIngesting({ kills: rounds, seed: Math.floor(random() * 2 ** 31) });
    const sum = (of: "lost" | "twice" | "invented"): number =>
      [...report.verdicts, report.final].reduce((total, verdict) => total + verdict[of].length, 0);
    return {
      kills: rounds,
      acknowledged: report.captured,
      lost: sum("lost") + Math.max(0, report.captured - report.stored),
      twice: sum("twice"),
      invented: sum("invented"),
      misreported: 0,
    };
  },
};

/** Every level; `--level` picks one, and the first is the default. */
const levels: readonly KillLevel[] = [outboxLevel, centreLevel];

const roundKills = 100;
/** A start of the centre takes longer than one of the outbox: shorter rounds tell sooner how it goes. */
const centreRoundKills = 20;
const quickSeconds = 50;

const runLevel = async (level: KillLevel, { quick, args, report, progress }: BenchOptions): Promise<void> => {
  const wanted = Number(args["kills"] ?? 1000);
  if (!Number.isSafeInteger(wanted) || wanted < 1) throw new Error("--kills is a number of kills");
  const startedAtMs = performance.now();
  const seconds = (): number => (performance.now() - startedAtMs) / 1000;
  const isOver = (): boolean => total.kills >= wanted || (quick && seconds() > quickSeconds);
  const total = { kills: 0, acknowledged: 0, lost: 0, twice: 0, invented: 0, misreported: 0 };
  const killInTurn = async (): Promise<void> => {
    while (!isOver()) {
      const figures = await level.round(Math.min(quick ? 20 : roundKills, wanted), Math.random);
      for (const name of Object.keys(total) as (keyof KillFigures)[]) total[name] += figures[name];
      progress(`${level.name}: ${total.kills} kills, ${total.acknowledged} acknowledged, ${total.lost} lost`);
    }
  };
  // Two at a time: most of a kill's time is a process that starts.
  await Promise.all([killInTurn(), killInTurn()]);
  const common = { n: total.kills, seconds: seconds(), variant: level.name };
  report({ figure: "kills", value: total.kills, unit: "kills", ...common });
  report({ figure: "acknowledgedRecords", value: total.acknowledged, unit: "records", ...common });
  report({ figure: "lostRecords", value: total.lost, unit: "records", ...common });
  report({ figure: "recordsTwice", value: total.twice, unit: "records", ...common });
  report({ figure: "inventedRecords", value: total.invented, unit: "records", ...common });
  report({ figure: "misreportedRecords", value: total.misreported, unit: "records", ...common });
};

/** `--kills` says how many (default 1,000), `--level` what is killed (default the outbox alone). */
export const killBench: Bench = {
  name: "kill",
  summary: "SIGKILL at random instants (--kills 10000): acknowledged records lost, twice, invented",
  run: async (options) => {
    const { level = outboxLevel.name } = options.args;
    const chosen = levels.find(({ name }) => level === name);
    if (chosen === undefined) throw new Error(`--level is one of ${levels.map(({ name }) => name).join(", ")}`);
    await runLevel(chosen, options);
  },
};
