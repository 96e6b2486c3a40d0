import { encodeBerkelFrame } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineScale } from "./define-simulator.ts";
import { type ScaleDisplay, type ScaleParts, type SimulatedScale, startScale } from "./scale.ts";

/** A simulated scale with the Berkel dialogue has no settings. */
const berkelEcrSettingsSchema = z.strictObject({});

type BerkelEcrSettings = z.output<typeof berkelEcrSettingsSchema>;

const answerOf = ({ value, state }: ScaleDisplay): Uint8Array =>
  encodeBerkelFrame({
    digits: Math.abs(Number(value.replace(".", ""))),
    capacity: "15 kg",
    outOfRange: state !== "normal" || value.startsWith("-"),
  });

const startBerkelEcr = (_settings: BerkelEcrSettings, parts: ScaleParts): SimulatedScale =>
  startScale(
    {
      protocol: "berkel-ecr",
      unit: "kg",
      places: 3,
      increment: 5,
      mode: () => "unknown",
      tareSent: false,
      statesSent: false,
      encode: answerOf,
      reply: (asked, display) => {
        if (asked.includes(0x11)) return { bytes: answerOf(display), weight: true };
        if (!asked.includes(0x05)) return null;
        // Not standing: the weighing is to be asked for again.
        return { bytes: Uint8Array.of(display.motion ? 0x18 : 0x06), weight: false };
      },
    },
    parts,
  );

/** A scale of 15 kg that answers ENQ with ACK and DC1 with its weight. */
export const berkelEcr = defineScale({
  protocol: "berkel-ecr",
  settingsSchema: berkelEcrSettingsSchema,
  start: startBerkelEcr,
});
