import { encodeDialogRecord } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineScale } from "./define-simulator.ts";
import { type ScaleDisplay, type ScaleParts, type SimulatedScale, startScale } from "./scale.ts";

/** Settings of a simulated Dialog 06 scale. */
const dialog06SettingsSchema = z.strictObject({
  /** Demand the secret checksum, as a scale does at power-on. */
  checksumDemanded: z.boolean().default(false),
});

type Dialog06Settings = z.output<typeof dialog06SettingsSchema>;

const answerOf = (settings: Dialog06Settings, { value, motion, state }: ScaleDisplay): Uint8Array => {
  if (settings.checksumDemanded) return encodeDialogRecord({ kind: "checksum", demand: "2", random: "7" });
  const code =
    state === "overload" ? "32" : state === "underload" || value.startsWith("-") ? "31" : motion ? "20" : null;
  if (code !== null) return encodeDialogRecord({ kind: "status", code });
  return encodeDialogRecord({ kind: "weighing", grams: Number(value.replace(".", "")), priceFen: 1 });
};

const startDialog06 = (settings: Dialog06Settings, parts: ScaleParts): SimulatedScale =>
  startScale(
    {
      protocol: "dialog06",
      unit: "kg",
      places: 3,
      increment: 1,
      mode: () => "unknown",
      tareSent: false,
      statesSent: true,
      encode: (display) => answerOf(settings, display),
      reply: (asked, display) => {
        if (asked.includes(0x02)) return { bytes: Uint8Array.of(0x06), weight: false };
        return asked.includes(0x05) ? { bytes: answerOf(settings, display), weight: true } : null;
      },
    },
    parts,
  );

/** A checkout scale. The protocol has no word for a missing zero. */
export const dialog06 = defineScale({
  protocol: "dialog06",
  settingsSchema: dialog06SettingsSchema,
  start: startDialog06,
});
