import type { Sha256 } from "@mingcheng/protocols";
import { createRandom, type Random, seedOf } from "../../src/random.ts";
import type { Deviations } from "./deviations.ts";
import { type FaultStep, planFaults, type Scenario, scenarios } from "./faults.ts";
import { judge, unsettled } from "./judge.ts";
import { Operator } from "./operator.ts";
import { Oracle, type Violation } from "./oracle.ts";
import { SimCentre } from "./sim-centre.ts";
import { SimDisk } from "./sim-disk.ts";
import { SimGateway } from "./sim-gateway.ts";
import { SimNetwork, type Temper } from "./sim-network.ts";
import { quickHash, standInCrypto, standInSigner } from "./stand-in-crypto.ts";
import type { Surroundings } from "./surroundings.ts";
import { VirtualTime } from "./virtual-time.ts";

/** How to run one world. */
export interface WorldOptions {
  readonly seed: number;
  /** Default: chosen by the seed. */
  readonly scenario?: Scenario;
  /** Default: planned by the seed. */
  readonly steps?: readonly FaultStep[];
  /** Same faults, other accidents of the network; default 0. */
  readonly variation?: number;
  readonly deviations?: Deviations;
  /** Default: the quick one. */
  readonly sha256?: Sha256;
  readonly onTrace?: (line: string) => void;
}

/** What became of it. */
export interface Outcome {
  readonly seed: number;
  readonly variation: number;
  readonly scenario: Scenario;
  readonly steps: readonly FaultStep[];
  readonly violations: readonly Violation[];
  /** Virtual time from the end of the faults to the moment when nothing was missing any more. */
  readonly settledAfterMs: number;
  readonly records: number;
}

const activeMs = 75_000;
/** Everything must have arrived so long after the last fault: four heartbeats and the longest pauses. */
const quietMs = 420_000;
/** The latest leftovers of the network have arrived by then. */
const leastQuietMs = 70_000;
/** A heartbeat long nothing may be sent again once everything has arrived. */
const leastSettledMs = 80_000;
const lookEveryMs = 10_000;

const temperOf = (random: Random): Temper => {
  const hostility = random.next();
  if (hostility < 0.3) return { loss: 0, duplication: 0, lateness: 0.02, damage: 0 };
  const scale = hostility < 0.8 ? 0.05 : 0.2;
  return {
    loss: scale * random.next(),
    duplication: scale * random.next(),
    lateness: scale * random.next(),
    damage: scale * random.next() * 0.5,
  };
};

/** One world: some gateways, one centre, everything between them, under one seed. */
export class World {
  readonly time = new VirtualTime();
  readonly oracle = new Oracle(() => this.time.nowMs);
  readonly gateways: SimGateway[] = [];
  /** Boxes that others have taken the place of. */
  readonly retired: SimGateway[] = [];
  readonly centre: SimCentre;
  readonly network: SimNetwork;
  readonly operator: Operator;
  private readonly surroundings: Surroundings;

  constructor(options: WorldOptions) {
    const { time, oracle } = this;
    const random = createRandom(seedOf(options.seed, "world"));
    const crypto = standInCrypto(options.sha256 ?? quickHash);
    const deviations = options.deviations ?? {};
    this.network = new SimNetwork(
      time,
      createRandom(seedOf(options.seed, `network ${options.variation ?? 0}`)),
      temperOf(random),
    );
    const { network } = this;
    const randomHex = (): string =>
      Array.from({ length: 4 }, () =>
        Math.floor(random.next() * 0x1_0000_0000)
          .toString(16)
          .padStart(8, "0"),
      ).join("");
    const { onTrace } = options;
    const trace = (text: string): void => onTrace?.(`${(time.nowMs / 1000).toFixed(3).padStart(8)} s  ${text}`);
    this.surroundings = { time, random, network, crypto, oracle, deviations, randomHex, trace };
    this.centre = new SimCentre(this.surroundings);
    network.deliverUp = (message) => this.centre.receive(message);
    const count = 1 + random.below(2) + (random.chance(0.2) ? 1 : 0);
    for (let index = 0; index < count; index++) {
      const gw = `market-${index}`;
      const signer = standInSigner(crypto.sha256, gw);
      this.centre.enrol(gw, signer);
      const disk = new SimDisk({ signer, statements: [] });
      const gateway = new SimGateway(this.surroundings, gw, gw, disk, 900 + random.below(3000));
      this.gateways.push(gateway);
      gateway.start();
    }
    const { centre, gateways, retired, surroundings } = this;
    this.operator = new Operator({ time, random, oracle, network, centre, gateways, retired, surroundings });
  }

  /** Ends every fault; what is down comes up. */
  calmDown(): void {
    this.surroundings.trace("** faults end");
    this.network.calmDown();
    this.centre.recover();
    this.operator.finish();
    for (const box of this.retired) box.kill();
    for (const gateway of this.gateways) {
      gateway.recordEveryMs = null;
      gateway.start();
      if (gateway.uplink !== null) gateway.uplink.sealsBadly = false;
    }
  }
}

/** The scenario of a seed. */
export const scenarioOf = (seed: number): Scenario => scenarios[seed % scenarios.length] as Scenario;

/** Runs one world to its end and judges it. */
export const runWorld = (options: WorldOptions): Outcome => {
  const scenario = options.scenario ?? scenarioOf(options.seed);
  const world = new World(options);
  const steps =
    options.steps ??
    planFaults(createRandom(seedOf(options.seed, "faults")), scenario, world.gateways.length, activeMs);
  for (const step of steps) world.time.after(step.atMs, () => world.operator.perform(step));
  world.time.runUntil(activeMs + 5000);
  world.calmDown();
  const endOfFaultsMs = world.time.nowMs;
  let settledAfterMs = Number.POSITIVE_INFINITY;
  let open: Violation | undefined;
  for (let quiet = 0; quiet <= quietMs; quiet += lookEveryMs) {
    world.time.runUntil(endOfFaultsMs + quiet);
    open = unsettled(world.centre.ledger, world.gateways);
    if (open !== undefined) settledAfterMs = Number.POSITIVE_INFINITY;
    else if (settledAfterMs === Number.POSITIVE_INFINITY) settledAfterMs = quiet;
    // What was captured in the last moment of the faults has one look's time to be sent.
    if (quiet <= settledAfterMs + lookEveryMs) world.network.batches = 0;
    if (open === undefined && quiet >= Math.max(leastQuietMs, settledAfterMs + leastSettledMs)) break;
  }
  if (open === undefined && world.network.batches > 0) {
    world.oracle.violate("sent again without need", `${world.network.batches} batches when all had arrived`);
  }
  const judged = judge(world.oracle, world.centre.ledger, world.gateways, world.retired);
  return {
    seed: options.seed,
    variation: options.variation ?? 0,
    scenario,
    steps,
    violations: open === undefined ? judged : [open, ...judged],
    settledAfterMs,
    records: world.oracle.truths.size,
  };
};
