import { encodeContinuousFrame } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineScale } from "./define-simulator.ts";
import { type ScaleParts, type SimulatedScale, startScale } from "./scale.ts";

/** Settings of a simulated Mettler-Toledo terminal in continuous mode. */
const mettlerToledoSettingsSchema = z.strictObject({
  unit: z.enum(["kg", "lb", "g", "t", "oz"]).default("kg"),
  places: z.int().min(0).max(5).default(3),
  increment: z.union([z.literal(1), z.literal(2), z.literal(5)]).default(1),
  /** Append CHK: 18 bytes instead of 17. */
  checksum: z.boolean().default(true),
  leadingZeros: z.boolean().default(false),
  /** Even parity in bit 7: a 7E1 terminal seen through a port opened 8N1. */
  parityBit: z.boolean().default(false),
});

type MettlerToledoSettings = z.output<typeof mettlerToledoSettingsSchema>;

const withEvenParity = (bytes: Uint8Array): Uint8Array =>
  bytes.map((byte) => {
    let ones = 0;
    for (let bit = 0; bit < 7; bit++) ones += (byte >> bit) & 1;
    return ones % 2 === 0 ? byte : byte | 0x80;
  });

const startMettlerToledo = (settings: MettlerToledoSettings, parts: ScaleParts): SimulatedScale =>
  startScale(
    {
      protocol: "mt-continuous",
      unit: settings.unit,
      places: settings.places,
      increment: settings.increment,
      mode: (net) => (net ? "net" : "gross"),
      tareSent: true,
      statesSent: true,
      encode: ({ value, tare, net, motion, state }) => {
        const frame = encodeContinuousFrame({
          value: state === "underload" && !value.startsWith("-") ? `-${value}` : value,
          tare,
          unit: settings.unit,
          increment: settings.increment,
          net,
          motion,
          outOfRange: state === "overload" || state === "underload",
          notZeroed: state === "not-zeroed",
          checksum: settings.checksum,
          leadingZeros: settings.leadingZeros,
        });
        return settings.parityBit ? withEvenParity(frame) : frame;
      },
    },
    parts,
  );

/** A terminal that sends the standard continuous output. */
export const mettlerToledo = defineScale({
  protocol: "mt-continuous",
  settingsSchema: mettlerToledoSettingsSchema,
  start: startMettlerToledo,
});
