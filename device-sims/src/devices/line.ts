import { encodeTextLine } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineScale } from "./define-simulator.ts";
import { type ScaleParts, type SimulatedScale, startScale } from "./scale.ts";

/** Settings of a simulated device that writes lines. */
const lineSettingsSchema = z.strictObject({
  unit: z.enum(["kg", "g", "lb"]).default("kg"),
  places: z.int().min(0).max(4).default(3),
  increment: z.union([z.literal(1), z.literal(2), z.literal(5)]).default(1),
});

type LineSettings = z.output<typeof lineSettingsSchema>;

const startLine = (settings: LineSettings, parts: ScaleParts): SimulatedScale =>
  startScale(
    {
      protocol: "line",
      unit: settings.unit,
      places: settings.places,
      increment: settings.increment,
      mode: () => "unknown",
      tareSent: false,
      statesSent: false,
      encode: ({ value }) => encodeTextLine({ value, unit: settings.unit }),
    },
    parts,
  );

/** A device that writes a number and its unit. */
export const line = defineScale({
  protocol: "line",
  settingsSchema: lineSettingsSchema,
  start: startLine,
});
