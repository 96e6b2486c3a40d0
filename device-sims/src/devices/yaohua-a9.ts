import { encodeA9Frame } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineScale } from "./define-simulator.ts";
import { type ScaleParts, type SimulatedScale, startScale } from "./scale.ts";

/** Settings of a simulated Yaohua XK3190-A9. */
const yaohuaA9SettingsSchema = z.strictObject({
  /** What the display stands for; the protocol does not send it. */
  unit: z.enum(["kg", "g", "t", "jin"]).default("kg"),
  places: z.int().min(0).max(4).default(2),
  increment: z.union([z.literal(1), z.literal(2), z.literal(5)]).default(1),
  /** XOR nibbles above 9 as ':' to '?' (other firmwares) instead of 'A' to 'F'. */
  plainNibbles: z.boolean().default(false),
});

type YaohuaA9Settings = z.output<typeof yaohuaA9SettingsSchema>;

const startYaohuaA9 = (settings: YaohuaA9Settings, parts: ScaleParts): SimulatedScale =>
  startScale(
    {
      protocol: "yaohua-a9",
      unit: settings.unit,
      places: settings.places,
      increment: settings.increment,
      mode: () => "unknown",
      tareSent: false,
      statesSent: false,
      encode: ({ value }) => encodeA9Frame({ value, plainNibbles: settings.plainNibbles }),
    },
    parts,
  );

/** An indicator with continuous output 1. The protocol has no words for motion, overload or zero. */
export const yaohuaA9 = defineScale({
  protocol: "yaohua-a9",
  settingsSchema: yaohuaA9SettingsSchema,
  start: startYaohuaA9,
});
