import { encodeVidasMessage } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineTester } from "./define-simulator.ts";
import { startPushedTester } from "./pushed-tester.ts";

/** Settings of a simulated mini VIDAS. */
const vidasSettingsSchema = z.strictObject({
  assay: z.string().default("HBCT"),
  /** Sends again what was not acknowledged. */
  waitsForAck: z.boolean().default(true),
});

/** An immunoassay analyser that sends every result. */
export const miniVidasAnalyser = defineTester({
  protocol: "mini-vidas",
  settingsSchema: vidasSettingsSchema,
  start: ({ assay, waitsForAck }, parts) =>
    startPushedTester(
      {
        protocol: "mini-vidas",
        waitsForAck,
        encode: ({ specimenId, completedAt: at, value, unit, flags }) =>
          encodeVidasMessage([
            ["mt", "rsl"],
            ["pi", ""],
            ["ci", specimenId],
            ["rt", assay],
            ["tt", `${at.slice(8, 10)}:${at.slice(10, 12)}`],
            ["td", `${at.slice(4, 6)}/${at.slice(6, 8)}/${at.slice(2, 4)}`],
            ["ql", flags === "A" ? "Positif" : "Negatif"],
            ["qn", value],
            ["y3", unit],
          ]),
      },
      parts,
    ),
});
