import { encodeJcsBFrame } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineScale } from "./define-simulator.ts";
import { type ScaleParts, type SimulatedScale, startScale } from "./scale.ts";

/** Settings of a simulated Yousheng JCS-B. */
const jcsBSettingsSchema = z.strictObject({
  unit: z.enum(["kg", "lb"]).default("kg"),
  places: z.int().min(0).max(4).default(3),
  increment: z.union([z.literal(1), z.literal(2), z.literal(5)]).default(1),
});

type JcsBSettings = z.output<typeof jcsBSettingsSchema>;

const startJcsB = (settings: JcsBSettings, parts: ScaleParts): SimulatedScale =>
  startScale(
    {
      protocol: "jcs-b",
      unit: settings.unit,
      places: settings.places,
      increment: settings.increment,
      mode: () => "unknown",
      tareSent: false,
      statesSent: false,
      encode: ({ value, motion }) => encodeJcsBFrame({ value, unit: settings.unit, stable: !motion, overflow: false }),
    },
    parts,
  );

/** A scale that sends six bytes. */
export const jcsB = defineScale({
  protocol: "jcs-b",
  settingsSchema: jcsBSettingsSchema,
  start: startJcsB,
});
