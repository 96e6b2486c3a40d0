import { z } from "zod";
import { bitFlip, byteDrop, drop, type Fault, noise, split, stall, truncate } from "./fault.ts";

const probability = z.number().min(0).max(1);
const delayMs = z.int().min(0).max(600_000);

/** One fault of a scenario. Probabilities are per frame, for `bit-flip` and `byte-drop` per byte. */
export const faultSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("drop"), probability }),
  z.strictObject({ kind: z.literal("truncate"), probability }),
  z.strictObject({ kind: z.literal("bit-flip"), probability }),
  z.strictObject({ kind: z.literal("byte-drop"), probability }),
  z.strictObject({ kind: z.literal("split"), probability, delayMs: delayMs.default(5) }),
  z.strictObject({ kind: z.literal("stall"), probability, delayMs: delayMs.default(1000) }),
  z.strictObject({ kind: z.literal("noise"), probability, maxBytes: z.int().min(1).max(4096).default(16) }),
]);

/** One configured fault. */
export type FaultConfig = z.output<typeof faultSchema>;

/** The fault a configuration means. */
export const faultOf = (config: FaultConfig): Fault => {
  switch (config.kind) {
    case "drop":
      return drop(config.probability);
    case "truncate":
      return truncate(config.probability);
    case "bit-flip":
      return bitFlip(config.probability);
    case "byte-drop":
      return byteDrop(config.probability);
    case "split":
      return split(config.probability, config.delayMs);
    case "stall":
      return stall(config.probability, config.delayMs);
    case "noise":
      return noise(config.probability, config.maxBytes);
  }
};
