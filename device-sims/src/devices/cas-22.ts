import { encodeCas22Frame } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineScale } from "./define-simulator.ts";
import { type ScaleParts, type SimulatedScale, startScale } from "./scale.ts";

/** Settings of a simulated CAS indicator. */
const cas22SettingsSchema = z.strictObject({
  unit: z.enum(["kg", "lb"]).default("kg"),
  places: z.int().min(0).max(4).default(3),
  increment: z.union([z.literal(1), z.literal(2), z.literal(5)]).default(1),
});

type Cas22Settings = z.output<typeof cas22SettingsSchema>;

const startCas22 = (settings: Cas22Settings, parts: ScaleParts): SimulatedScale =>
  startScale(
    {
      protocol: "cas-22",
      unit: settings.unit,
      places: settings.places,
      increment: settings.increment,
      mode: (net) => (net ? "net" : "gross"),
      tareSent: false,
      statesSent: true,
      encode: ({ value, net, motion, state }) =>
        encodeCas22Frame({
          value: state === "underload" && !value.startsWith("-") ? `-${value}` : value,
          unit: settings.unit,
          status: state === "overload" || state === "underload" ? "OL" : motion ? "US" : "ST",
          net,
          zero: Number(value) === 0,
        }),
    },
    parts,
  );

/** An indicator that sends the 22 bytes. */
export const cas22 = defineScale({
  protocol: "cas-22",
  settingsSchema: cas22SettingsSchema,
  start: startCas22,
});
