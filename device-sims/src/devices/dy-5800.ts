import { encodeDy5800Record } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineTester } from "./define-simulator.ts";
import { gbBytes } from "./gb-text.ts";
import { startPushedTester } from "./pushed-tester.ts";

/** Settings of a simulated DY-5800. */
const dy5800SettingsSchema = z.strictObject({
  item: z.string().default("农药总残留"),
  holes: z.int().min(1).max(999).default(24),
  /** Without a byte behind the unit, as the lengths of the fields say. */
  dense: z.boolean().default(false),
});

/** A food analyser that sends every result. */
export const dy5800Analyser = defineTester({
  protocol: "dy-5800",
  settingsSchema: dy5800SettingsSchema,
  start: ({ item, holes, dense }, parts) =>
    startPushedTester(
      {
        protocol: "dy-5800",
        waitsForAck: false,
        encode: (result, number) =>
          encodeDy5800Record({
            hole: gbBytes((1 + ((number - 1) % holes)).toString(), 3),
            code: gbBytes(result.specimenId, 7),
            item: gbBytes(item, 20),
            unit: gbBytes(result.unit, 10),
            value: gbBytes(result.value, 5),
            at: gbBytes(result.completedAt.slice(2, 12), 10),
            sample: gbBytes(result.item, 10),
            dense,
          }),
      },
      parts,
    ),
});
