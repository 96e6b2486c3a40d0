import { encodeEcrFrame } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineScale } from "./define-simulator.ts";
import { type ScaleDisplay, type ScaleParts, type SimulatedScale, startScale } from "./scale.ts";

/** Settings of a simulated scale with the CAS ECR dialogue. */
const casEcrSettingsSchema = z.strictObject({
  places: z.int().min(0).max(3).default(2),
  increment: z.union([z.literal(1), z.literal(2), z.literal(5)]).default(1),
});

type CasEcrSettings = z.output<typeof casEcrSettingsSchema>;

const answerOf = ({ value, motion, state }: ScaleDisplay): Uint8Array =>
  encodeEcrFrame({
    value,
    unit: "kg",
    state: state === "overload" ? "overload" : motion ? "unstable" : "stable",
    summed: "payload",
  });

const startCasEcr = (settings: CasEcrSettings, parts: ScaleParts): SimulatedScale =>
  startScale(
    {
      protocol: "cas-ecr",
      unit: "kg",
      places: settings.places,
      increment: settings.increment,
      mode: () => "unknown",
      tareSent: false,
      statesSent: false,
      encode: answerOf,
      reply: (asked, display) => {
        if (asked.includes(0x11)) return { bytes: answerOf(display), weight: true };
        return asked.includes(0x05) ? { bytes: Uint8Array.of(0x06), weight: false } : null;
      },
    },
    parts,
  );

/** A scale that answers ENQ with ACK and DC1 with its weight. */
export const casEcr = defineScale({
  protocol: "cas-ecr",
  settingsSchema: casEcrSettingsSchema,
  start: startCasEcr,
});
