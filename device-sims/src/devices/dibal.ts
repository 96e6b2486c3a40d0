import { encodeDibalReply } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineScale } from "./define-simulator.ts";
import { type ScaleDisplay, type ScaleParts, type SimulatedScale, startScale } from "./scale.ts";

/** A simulated Dibal scale has no settings. */
const dibalSettingsSchema = z.strictObject({});

type DibalSettings = z.output<typeof dibalSettingsSchema>;

/** The display shows kilograms, the protocol sends grams. */
const gramsOf = (value: string): number => Math.abs(Number(value.replace(".", "")));

const answerOf = ({ value, motion }: ScaleDisplay): Uint8Array =>
  encodeDibalReply({ grams: gramsOf(value), moving: motion, priceFen: 0 });

const startDibal = (_settings: DibalSettings, parts: ScaleParts): SimulatedScale =>
  startScale(
    {
      protocol: "dibal",
      unit: "g",
      places: 3,
      increment: 1,
      mode: () => "unknown",
      tareSent: false,
      statesSent: false,
      said: (value) => gramsOf(value).toString(),
      encode: answerOf,
      reply: (asked, display) => (asked.includes(0x0d) ? { bytes: answerOf(display), weight: true } : null),
    },
    parts,
  );

/** A checkout scale that answers price requests. */
export const dibal = defineScale({
  protocol: "dibal",
  settingsSchema: dibalSettingsSchema,
  start: startDibal,
});
