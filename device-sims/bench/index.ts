import type { Bench } from "./bench.ts";
import { codecsBench } from "./codecs.ts";
import { followersBench } from "./followers.ts";
import { footprintBench } from "./footprint.ts";
import { fuzzBench } from "./fuzz.ts";
import { killBench } from "./kill.ts";
import { outboxBench } from "./outbox.ts";
import { pipelineBench } from "./pipeline.ts";
import { simulateBench } from "./simulate.ts";

/** Every benchmark, in the order in which `npm run bench` runs them. */
export const benches: readonly Bench[] = [
  outboxBench,
  pipelineBench,
  footprintBench,
  killBench,
  followersBench,
  simulateBench,
  codecsBench,
  fuzzBench,
];
