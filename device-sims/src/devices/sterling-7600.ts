import { encodeSterlingReply } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineScale } from "./define-simulator.ts";
import { type ScaleDisplay, type ScaleParts, type SimulatedScale, startScale } from "./scale.ts";

/** Settings of a simulated Sterling 7600. */
const sterling7600SettingsSchema = z.strictObject({
  unit: z.enum(["kg", "lb"]).default("lb"),
  places: z.int().min(0).max(4).default(3),
  increment: z.union([z.literal(1), z.literal(2), z.literal(5)]).default(1),
  /** How much of the echo of the request is left. */
  echo: z.enum(["SGW", "W", ""]).default("SGW"),
});

type Sterling7600Settings = z.output<typeof sterling7600SettingsSchema>;

const answerOf = (settings: Sterling7600Settings, { value, net }: ScaleDisplay): Uint8Array =>
  encodeSterlingReply({ value, unit: settings.unit, mode: net ? "Net" : "Gross", echo: settings.echo });

const startSterling7600 = (settings: Sterling7600Settings, parts: ScaleParts): SimulatedScale =>
  startScale(
    {
      protocol: "sterling-7600",
      unit: settings.unit,
      places: settings.places,
      increment: settings.increment,
      mode: (net) => (net ? "net" : "gross"),
      tareSent: false,
      statesSent: false,
      encode: (display) => answerOf(settings, display),
      reply: (asked, display) => (asked.includes(0x0d) ? { bytes: answerOf(settings, display), weight: true } : null),
    },
    parts,
  );

/** A scale that answers `SGW CR`. The protocol has no words for motion or zero. */
export const sterling7600 = defineScale({
  protocol: "sterling-7600",
  settingsSchema: sterling7600SettingsSchema,
  start: startSterling7600,
});
