import { encodeOhausLine } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineScale } from "./define-simulator.ts";
import { type ScaleParts, type SimulatedScale, startScale } from "./scale.ts";

/** Settings of a simulated Ohaus scale. */
const ohausSettingsSchema = z.strictObject({
  unit: z.enum(["kg", "g", "lb", "oz"]).default("kg"),
  places: z.int().min(0).max(4).default(3),
  increment: z.union([z.literal(1), z.literal(2), z.literal(5)]).default(1),
});

type OhausSettings = z.output<typeof ohausSettingsSchema>;

const startOhaus = (settings: OhausSettings, parts: ScaleParts): SimulatedScale =>
  startScale(
    {
      protocol: "ohaus",
      unit: settings.unit,
      places: settings.places,
      increment: settings.increment,
      mode: (net) => (net ? "net" : "gross"),
      tareSent: false,
      statesSent: false,
      encode: ({ value, net, motion }) =>
        encodeOhausLine({ value, unit: settings.unit, stable: !motion, legend: net ? "N" : "G" }),
    },
    parts,
  );

/** A scale that prints all the time. The lines have no words for overload or zero. */
export const ohaus = defineScale({
  protocol: "ohaus",
  settingsSchema: ohausSettingsSchema,
  start: startOhaus,
});
