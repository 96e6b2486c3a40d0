import { encodeExtendedFrame } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineScale } from "./define-simulator.ts";
import { type ScaleParts, type SimulatedScale, startScale } from "./scale.ts";

/** Settings of a simulated terminal with extended continuous output. */
const mtExtendedSettingsSchema = z.strictObject({
  unit: z.enum(["kg", "lb", "g"]).default("kg"),
  places: z.int().min(0).max(4).default(3),
  increment: z.union([z.literal(1), z.literal(2), z.literal(5)]).default(1),
  checksum: z.boolean().default(true),
});

type MtExtendedSettings = z.output<typeof mtExtendedSettingsSchema>;

const stateNames = { overload: "over", underload: "under", "not-zeroed": "not-zeroed" } as const;

const startMtExtended = (settings: MtExtendedSettings, parts: ScaleParts): SimulatedScale =>
  startScale(
    {
      protocol: "mt-extended",
      unit: settings.unit,
      places: settings.places,
      increment: settings.increment,
      mode: (net) => (net ? "net" : "gross"),
      tareSent: true,
      statesSent: true,
      encode: ({ value, tare, net, motion, state }) =>
        encodeExtendedFrame({
          value,
          tare,
          net,
          unit: settings.unit,
          state: state === "normal" ? (motion ? "motion" : "normal") : stateNames[state],
          checksum: settings.checksum,
        }),
    },
    parts,
  );

/** A terminal that sends the extended continuous output. */
export const mtExtended = defineScale({
  protocol: "mt-extended",
  settingsSchema: mtExtendedSettingsSchema,
  start: startMtExtended,
});
