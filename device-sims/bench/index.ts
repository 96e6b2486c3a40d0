import { attributionBench } from "./attribution.ts";
import type { Bench } from "./bench.ts";
import { codecsBench } from "./codecs.ts";
import { feedBench } from "./feed.ts";
import { followersBench } from "./followers.ts";
import { footprintBench } from "./footprint.ts";
import { fuzzBench } from "./fuzz.ts";
import { killBench } from "./kill.ts";
import { mutationsBench } from "./mutations.ts";
import { outboxBench } from "./outbox.ts";
import { pipelineBench } from "./pipeline.ts";
import { queriesBench } from "./queries.ts";
import { relayBench } from "./relay.ts";
import { rulesBench } from "./rules.ts";
import { screensBench } from "./screens.ts";
import { simulateBench } from "./simulate.ts";
import { sizingBench } from "./sizing.ts";
import { verifyBench } from "./verify.ts";

/** Every benchmark, in the order in which `npm run bench` runs them. */
export const benches: readonly Bench[] = [
  outboxBench,
  pipelineBench,
  footprintBench,
  killBench,
  followersBench,
  feedBench,
  rulesBench,
  simulateBench,
  mutationsBench,
  verifyBench,
  codecsBench,
  fuzzBench,
  attributionBench,
  relayBench,
  queriesBench,
  screensBench,
  sizingBench,
];
