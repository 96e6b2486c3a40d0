import { mutate, Specimens, type Trial } from "../src/evidence/campaign.ts";
import { verifyInPython } from "../src/evidence/python-verifier.ts";
import { needs } from "../src/harness/requirements.ts";
import type { Bench } from "./bench.ts";

const specimenCount = 20;
const shownFailures = 5;
const filesPerRun = 200;

const describeTrial = ({ seed, mutation, expected, named }: Trial): string =>
  `seed ${seed}, ${mutation}: expected ${JSON.stringify(expected)}, named ${JSON.stringify(named)}`;

/** How many of these trials the verifier in Python judges otherwise. */
const disagreements = (specimens: Specimens, trials: readonly Trial[]): string[] => {
  const found: string[] = [];
  for (let number = 0; number < specimenCount; number++) {
    const own = trials.filter(({ seed }) => seed % specimenCount === number);
    for (let at = 0; at < own.length; at += filesPerRun) {
      const some = own.slice(at, at + filesPerRun);
      const verdicts = verifyInPython(
        some.map(({ file }) => file),
        specimens.at(number).pinned,
      );
      for (const [index, trial] of some.entries()) {
        const verdict = verdicts[index];
        const named = verdict === undefined || verdict.ok ? null : { span: verdict.span, seq: verdict.seq };
        if (JSON.stringify(named) !== JSON.stringify(trial.named)) {
          found.push(`${describeTrial(trial)}, in Python ${JSON.stringify(named)}`);
        }
      }
    }
  }
  return found;
};

/**
 * The long run of the mutation campaign. `--mutations` how many (default 100,000; quick 5,000), `--from` the first seed,
 * `--python` how many of them the verifier in Python judges, too (default 2,000; quick 200).
 */
export const mutationsBench: Bench = {
  name: "mutations",
  summary: "mutated evidence files: how many pass unseen or are named at a wrong place",
  run: async ({ quick, args, report, progress }) => {
    const count = Number(args["mutations"] ?? (quick ? 5_000 : 100_000));
    const inPython = needs("python3").skip ? 0 : Math.min(count, Number(args["python"] ?? (quick ? 200 : 2_000)));
    const from = Number(args["from"] ?? 0);
    const specimens = new Specimens();
    const startedAt = performance.now();
    const seconds = (): number => (performance.now() - startedAt) / 1000;
    const sample: Trial[] = [];
    let [unseen, misplaced, shown] = [0, 0, 0];
    for (let seed = from; seed < from + count; seed++) {
      const trial = mutate(specimens.at(seed % specimenCount), seed);
      if (trial.named === null) unseen++;
      else if (!trial.isRight) misplaced++;
      if (!trial.isRight && ++shown <= shownFailures) console.error(describeTrial(trial));
      if (seed - from < inPython) sample.push(trial);
      if ((seed - from + 1) % 10_000 === 0) {
        progress(`${seed - from + 1} mutations, ${unseen} unseen, ${misplaced} misplaced, ${Math.round(seconds())} s`);
        // Lets signals and output through.
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    const measured = { n: count, seconds: seconds() };
    report({ figure: "unseen", value: unseen, unit: "files", ...measured });
    report({ figure: "misplaced", value: misplaced, unit: "files", ...measured });
    const differences = disagreements(specimens, sample);
    for (const text of differences.slice(0, shownFailures)) console.error(text);
    const compared = { n: sample.length, seconds: seconds() - measured.seconds };
    report({ figure: "judgedOtherwiseInPython", value: differences.length, unit: "files", ...compared });
    if (unseen + misplaced + differences.length > 0) throw new Error("mutated evidence was not found as it must be");
  },
};
