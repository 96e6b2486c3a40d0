import { encodeMtPrint } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineScale } from "./define-simulator.ts";
import { type ScaleParts, type SimulatedScale, startScale } from "./scale.ts";

/** Settings of a simulated printing balance. */
const mtPrintSettingsSchema = z.strictObject({
  unit: z.enum(["g", "kg"]).default("kg"),
  places: z.int().min(0).max(4).default(3),
  increment: z.union([z.literal(1), z.literal(2), z.literal(5)]).default(1),
});

type MtPrintSettings = z.output<typeof mtPrintSettingsSchema>;

const startMtPrint = (settings: MtPrintSettings, parts: ScaleParts): SimulatedScale =>
  startScale(
    {
      protocol: "mt-print",
      unit: settings.unit,
      places: settings.places,
      increment: settings.increment,
      mode: (net) => (net ? "net" : "gross"),
      tareSent: false,
      statesSent: false,
      encode: ({ value, net }) => encodeMtPrint({ value, unit: settings.unit, legend: net ? "N" : "G" }),
    },
    parts,
  );

/** A balance that prints all the time. The lines have no words for motion, overload or zero. */
export const mtPrint = defineScale({
  protocol: "mt-print",
  settingsSchema: mtPrintSettingsSchema,
  start: startMtPrint,
});
