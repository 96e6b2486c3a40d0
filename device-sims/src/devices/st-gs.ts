import { encodeStGsLine } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineScale } from "./define-simulator.ts";
import { type ScaleParts, type SimulatedScale, startScale } from "./scale.ts";

/** Settings of a simulated `ST,GS,` scale. */
const stGsSettingsSchema = z.strictObject({
  unit: z.enum(["kg", "g", "lb", "t"]).default("kg"),
  places: z.int().min(0).max(4).default(3),
  increment: z.union([z.literal(1), z.literal(2), z.literal(5)]).default(1),
});

type StGsSettings = z.output<typeof stGsSettingsSchema>;

const startStGs = (settings: StGsSettings, parts: ScaleParts): SimulatedScale =>
  startScale(
    {
      protocol: "st-gs",
      unit: settings.unit,
      places: settings.places,
      increment: settings.increment,
      mode: (net) => (net ? "net" : "gross"),
      tareSent: false,
      statesSent: true,
      encode: ({ value, net, motion, state }) =>
        encodeStGsLine({
          value: state === "underload" && !value.startsWith("-") ? `-${value}` : value,
          unit: settings.unit,
          status: state === "overload" || state === "underload" ? "OL" : motion ? "US" : "ST",
          mode: net ? "NT" : "GS",
        }),
    },
    parts,
  );

/** An indicator that sends `ST,GS,` lines. */
export const stGs = defineScale({
  protocol: "st-gs",
  settingsSchema: stGsSettingsSchema,
  start: startStGs,
});
