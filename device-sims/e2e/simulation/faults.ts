import type { Random } from "../../src/random.ts";

/** Everything that can go wrong or be done, to a gateway (its index in the world) or to the centre. */
export const faultNames = [
  "kill",
  "power cut",
  "brown-out",
  "slow disk",
  "disk fault",
  "disconnect",
  "cut off",
  "broker restart",
  "replay",
  "centre restart",
  "centre busy",
  "backup",
  "restore",
  "image",
  "rollback",
  "rollback, marker kept",
  "clone",
  "damage",
  "free",
  "free under pressure",
  "rotate",
  "bad seal",
  "refused record",
  "replace",
  "revoke",
  "keep line",
] as const;

export type FaultName = (typeof faultNames)[number];

/** One thing that happens. */
export interface FaultStep {
  readonly atMs: number;
  readonly fault: FaultName;
  /** Which gateway it happens to. */
  readonly gateway: number;
  /** In [0, 1): everything else about it. */
  readonly roll: number;
}

/** What a kind of run may meet. */
export interface Scenario {
  readonly name: string;
  readonly faults: readonly FaultName[];
}

const everyday: readonly FaultName[] = [
  "kill",
  "power cut",
  "slow disk",
  "disk fault",
  "disconnect",
  "cut off",
  "broker restart",
  "replay",
];

/** The kinds of runs, each with everyday trouble beside what it is about. */
export const scenarios: readonly Scenario[] = [
  { name: "everyday", faults: [...everyday, "centre restart", "centre busy", "free"] },
  { name: "rollback", faults: [...everyday, "image", "rollback", "free"] },
  { name: "rollback, marker kept", faults: [...everyday, "image", "rollback, marker kept"] },
  { name: "clone", faults: [...everyday, "clone", "kill"] },
  { name: "clone without restarts", faults: ["disconnect", "broker restart", "replay", "clone", "centre restart"] },
  { name: "restore", faults: [...everyday, "backup", "restore", "backup", "restore"] },
  { name: "restore of freed records", faults: ["backup", "restore", "free", "kill", "replay", "centre restart"] },
  { name: "rotation", faults: [...everyday, "rotate", "rotate"] },
  { name: "rotation and rollback", faults: ["rotate", "image", "rollback", "kill", "disconnect", "power cut"] },
  { name: "rotation and restore", faults: ["rotate", "backup", "restore", "free", "kill", "disconnect"] },
  { name: "salvage", faults: [...everyday, "damage", "damage", "free"] },
  { name: "both rolled back", faults: ["image", "rollback", "backup", "restore", "free", "kill", "replay"] },
  { name: "pressure", faults: [...everyday, "free under pressure", "free under pressure", "centre busy", "bad seal"] },
  {
    name: "refused",
    faults: ["refused record", "refused record", "kill", "disconnect", "free", "bad seal", "centre restart"],
  },
  { name: "replaced box", faults: [...everyday, "replace", "replace", "centre restart"] },
  {
    name: "clone and decision",
    faults: ["clone", "keep line", "keep line", "kill", "disconnect", "centre restart", "replay"],
  },
  { name: "revoked key", faults: [...everyday, "revoke", "revoke", "rotate", "centre restart"] },
  { name: "everything", faults: faultNames },
];

/** A schedule of faults over `activeMs`. */
export const planFaults = (random: Random, scenario: Scenario, gateways: number, activeMs: number): FaultStep[] => {
  const steps: FaultStep[] = [];
  const count = 4 + random.below(14);
  for (let index = 0; index < count; index++) {
    steps.push({
      atMs: Math.floor(random.next() * activeMs),
      fault: scenario.faults[random.below(scenario.faults.length)] as FaultName,
      gateway: random.below(gateways),
      roll: random.next(),
    });
  }
  return steps.sort((a, b) => a.atMs - b.atMs);
};
