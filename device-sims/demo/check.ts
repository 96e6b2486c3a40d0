import { totals } from "../src/comparison/compare.ts";
import { type Check, type Evidence, judge } from "./checks.ts";
import { collectEvidence } from "./evidence.ts";
import type { DemoOptions, Language } from "./options.ts";
import { openStage } from "./stage.ts";
import { playStory } from "./story.ts";
import { textTable } from "./text-table.ts";
import { checks as checkWords, scenes, steps, words } from "./words.ts";

const findingRows = (evidence: Evidence, language: Language): string[][] => {
  const kinds: Readonly<Record<string, string>> = words.kinds[language];
  const sum = totals(evidence.ledger);
  const row = (device: string, kind: string, figures: readonly number[]): string[] => [
    device,
    kind,
    ...figures.map(String),
  ];
  return [
    [...words.table[language]],
    ...evidence.ledger.map(({ device, kind, said, excused, stored, missing, twice, invented }) =>
      row(device, kinds[kind] ?? kind, [said, excused, stored, missing.length, twice.length, invented.length]),
    ),
    row("=", "", [sum.said, sum.excused, sum.stored, sum.missing, sum.twice, sum.invented]),
  ];
};

const showTables = (evidence: Evidence, judged: readonly Check[], language: Language): void => {
  console.log();
  for (const line of textTable(findingRows(evidence, language), new Set([2, 3, 4, 5, 6, 7]))) console.log(line);
  console.log();
  const rows = judged.map(({ id, ok, detail }) => [
    ok ? words.good[language] : words.bad[language],
    checkWords[id][language],
    detail,
  ]);
  for (const line of textTable([["", "", ""], ...rows]).slice(2)) console.log(line);
};

/** Plays the scenario, judges it, prints tables or JSON. Returns the exit code. */
export const checkDemo = async (options: DemoOptions, dir: string | null): Promise<number> => {
  const { language } = options;
  const startedMs = performance.now();
  const say = (text: string): void => {
    if (!options.json) console.log(`${((performance.now() - startedMs) / 1000).toFixed(1).padStart(5)} s  ${text}`);
  };
  const stage = await openStage({
    dir,
    progress: (step) => say(steps[step][language]),
  });
  try {
    const told = await playStory(stage, (scene) => say(scenes[scene][language]));
    const evidence = await collectEvidence(stage, told);
    const judged = judge(evidence);
    const ok = judged.every((check) => check.ok);
    const seconds = Number(((performance.now() - startedMs) / 1000).toFixed(1));
    if (options.json) {
      const { ledger, screen, verify, drain, alerts, deliveries } = evidence;
      const figures = { totals: totals(ledger), ledger, screen, verify, drain, alerts, deliveries };
      console.log(JSON.stringify({ ok, seconds, checks: judged, ...figures }, null, 2));
    } else {
      showTables(evidence, judged, language);
      console.log(`\n${ok ? words.allGood[language] : words.notGood[language]}  (${seconds} s)`);
    }
    return ok ? 0 : 1;
  } finally {
    await stage.close();
  }
};
