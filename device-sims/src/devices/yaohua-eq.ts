import { encodeEqFrame } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineScale } from "./define-simulator.ts";
import { type ScaleParts, type SimulatedScale, startScale } from "./scale.ts";

/** Settings of a simulated Yaohua indicator with the `=` format. */
const yaohuaEqSettingsSchema = z.strictObject({
  /** What the display stands for; the protocol does not send it. */
  unit: z.enum(["kg", "g", "t", "jin"]).default("kg"),
  places: z.int().min(1).max(3).default(2),
  increment: z.union([z.literal(1), z.literal(2), z.literal(5)]).default(1),
  reversed: z.boolean().default(true),
});

type YaohuaEqSettings = z.output<typeof yaohuaEqSettingsSchema>;

const startYaohuaEq = (settings: YaohuaEqSettings, parts: ScaleParts): SimulatedScale =>
  startScale(
    {
      protocol: "yaohua-eq",
      unit: settings.unit,
      places: settings.places,
      increment: settings.increment,
      mode: () => "unknown",
      tareSent: false,
      statesSent: false,
      encode: ({ value }) => encodeEqFrame({ value, reversed: settings.reversed }),
    },
    parts,
  );

/** An indicator with the `=` format. The protocol has no words for motion, overload or zero. */
export const yaohuaEq = defineScale({
  protocol: "yaohua-eq",
  settingsSchema: yaohuaEqSettingsSchema,
  start: startYaohuaEq,
});
