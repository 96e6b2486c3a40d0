import { MingchengError } from "@mingcheng/protocols";
import type { Simulator } from "./define-simulator.ts";
import * as families from "./families.ts";

/** The simulator of every family in `families.ts`: scales first, then by protocol id. */
export const simulators: readonly Simulator[] = Object.values(families).sort((a, b) =>
  `${a.deviceClass} ${a.protocol}` < `${b.deviceClass} ${b.protocol}` ? -1 : 1,
);

/**
 * The simulator of a protocol id.
 * @throws {MingchengError} PROTOCOL_UNKNOWN, naming the known ids
 */
export const simulatorOf = (protocol: string): Simulator => {
  const simulator = simulators.find((known) => known.protocol === protocol);
  if (simulator !== undefined) return simulator;
  const ids = simulators.map((known) => known.protocol).join(", ");
  throw new MingchengError("PROTOCOL_UNKNOWN", `${protocol}; known: ${ids}`, { field: "kind" });
};
