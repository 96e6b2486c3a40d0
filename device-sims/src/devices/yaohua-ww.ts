import { encodeWwFrame } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineScale } from "./define-simulator.ts";
import { type ScaleParts, type SimulatedScale, startScale } from "./scale.ts";

/** Settings of a simulated Yaohua indicator with the `ww` format. */
const yaohuaWwSettingsSchema = z.strictObject({
  places: z.int().min(0).max(4).default(2),
  increment: z.union([z.literal(1), z.literal(2), z.literal(5)]).default(1),
});

type YaohuaWwSettings = z.output<typeof yaohuaWwSettingsSchema>;

const startYaohuaWw = (settings: YaohuaWwSettings, parts: ScaleParts): SimulatedScale =>
  startScale(
    {
      protocol: "yaohua-ww",
      unit: "kg",
      places: settings.places,
      increment: settings.increment,
      mode: (net) => (net ? "net" : "gross"),
      tareSent: false,
      statesSent: false,
      encode: ({ value, net }) => encodeWwFrame({ value, mode: net ? "n" : "w" }),
    },
    parts,
  );

/** An indicator with the `ww` format. The protocol has no words for motion, overload or zero. */
export const yaohuaWw = defineScale({
  protocol: "yaohua-ww",
  settingsSchema: yaohuaWwSettingsSchema,
  start: startYaohuaWw,
});
