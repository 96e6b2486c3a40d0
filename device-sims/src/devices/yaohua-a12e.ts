import { encodeA12eFrame } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineScale } from "./define-simulator.ts";
import { type ScaleParts, type SimulatedScale, startScale } from "./scale.ts";

/** Settings of a simulated Yaohua XK3190-A12(E). */
const yaohuaA12eSettingsSchema = z.strictObject({
  places: z.int().min(0).max(4).default(2),
  increment: z.union([z.literal(1), z.literal(2), z.literal(5)]).default(1),
});

type YaohuaA12eSettings = z.output<typeof yaohuaA12eSettingsSchema>;

const startYaohuaA12e = (settings: YaohuaA12eSettings, parts: ScaleParts): SimulatedScale =>
  startScale(
    {
      protocol: "yaohua-a12e",
      unit: "kg",
      places: settings.places,
      increment: settings.increment,
      mode: (net) => (net ? "net" : "gross"),
      tareSent: false,
      statesSent: false,
      encode: ({ value, net }) => encodeA12eFrame({ value, net }),
    },
    parts,
  );

/** An indicator with the 15-byte output. The protocol has no words for motion or zero. */
export const yaohuaA12e = defineScale({
  protocol: "yaohua-a12e",
  settingsSchema: yaohuaA12eSettingsSchema,
  start: startYaohuaA12e,
});
