import { encodeTicket } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineScale } from "./define-simulator.ts";
import { type ScaleParts, type SimulatedScale, startScale } from "./scale.ts";

/** Settings of a simulated ticket printer. */
const blockSettingsSchema = z.strictObject({
  unit: z.enum(["kg", "g"]).default("kg"),
  places: z.int().min(0).max(4).default(3),
  increment: z.union([z.literal(1), z.literal(2), z.literal(5)]).default(1),
});

type BlockSettings = z.output<typeof blockSettingsSchema>;

const startBlock = (settings: BlockSettings, parts: ScaleParts): SimulatedScale =>
  startScale(
    {
      protocol: "block",
      unit: settings.unit,
      places: settings.places,
      increment: settings.increment,
      mode: () => "net",
      tareSent: false,
      statesSent: false,
      encode: ({ value }) => encodeTicket({ net: value, unit: settings.unit }),
    },
    parts,
  );

/** A scale that prints tickets all the time. */
export const block = defineScale({
  protocol: "block",
  settingsSchema: blockSettingsSchema,
  start: startBlock,
});
