import { encodeSpotchem } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineTester } from "./define-simulator.ts";
import { startPushedTester } from "./pushed-tester.ts";

/** Settings of a simulated Spotchem EL. */
const spotchemSettingsSchema = z.strictObject({
  /** What it measures, in mmol/L. */
  electrode: z.string().min(1).max(4).default("K"),
});

/** An electrolyte analyser that prints every measurement. */
export const spotchemAnalyser = defineTester({
  protocol: "spotchem",
  settingsSchema: spotchemSettingsSchema,
  start: ({ electrode }, parts) =>
    startPushedTester(
      {
        protocol: "spotchem",
        waitsForAck: false,
        encode: ({ specimenId, completedAt: at, value }) =>
          encodeSpotchem({
            id: specimenId,
            sampleType: "B. Plasma",
            at: `${at.slice(2, 4)}/${at.slice(4, 6)}/${at.slice(6, 8)} ${at.slice(8, 10)}:${at.slice(10, 12)}`,
            values: [[electrode, value, "mmol/L"]],
          }),
      },
      parts,
    ),
});
