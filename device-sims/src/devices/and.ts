import { encodeAndLine } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineScale } from "./define-simulator.ts";
import { type ScaleParts, type SimulatedScale, startScale } from "./scale.ts";

/** Settings of a simulated A&D balance. */
const aAndDSettingsSchema = z.strictObject({
  unit: z.enum(["kg", "g", "lb", "oz"]).default("kg"),
  places: z.int().min(0).max(4).default(3),
  increment: z.union([z.literal(1), z.literal(2), z.literal(5)]).default(1),
});

type AAndDSettings = z.output<typeof aAndDSettingsSchema>;

const startAAndD = (settings: AAndDSettings, parts: ScaleParts): SimulatedScale =>
  startScale(
    {
      protocol: "and",
      unit: settings.unit,
      places: settings.places,
      increment: settings.increment,
      mode: () => "unknown",
      tareSent: false,
      statesSent: true,
      encode: ({ value, motion, state }) =>
        encodeAndLine({
          value: state === "underload" && !value.startsWith("-") ? `-${value}` : value,
          unit: settings.unit,
          header: state === "overload" || state === "underload" ? "OL" : motion ? "US" : "ST",
        }),
    },
    parts,
  );

/** A balance that sends the A&D standard format. */
export const aAndD = defineScale({
  protocol: "and",
  settingsSchema: aAndDSettingsSchema,
  start: startAAndD,
});
