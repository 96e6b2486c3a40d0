import { encodeNciMessage, encodeNciStatus, encodeSmaMessage } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineScale } from "./define-simulator.ts";
import { type ScaleDisplay, type ScaleParts, type SimulatedScale, startScale } from "./scale.ts";

/** Settings of a simulated NCI scale. */
const nciSettingsSchema = z.strictObject({
  unit: z.enum(["kg", "lb"]).default("kg"),
  places: z.int().min(0).max(3).default(2),
  increment: z.union([z.literal(1), z.literal(2), z.literal(5)]).default(1),
  /** `S` before the status (DIVA, Brecknell). */
  prefix: z.boolean().default(false),
  /** Answers in the form of the SMA. */
  sma: z.boolean().default(false),
});

type NciSettings = z.output<typeof nciSettingsSchema>;

const stateNames = { overload: "over", underload: "under", "not-zeroed": "not-zeroed" } as const;

const smaStateOf = (value: string, state: ScaleDisplay["state"]): Parameters<typeof encodeSmaMessage>[0]["state"] => {
  if (state !== "normal") return stateNames[state];
  return Number(value) === 0 ? "zero" : "normal";
};

const answerOf = (settings: NciSettings, { value, motion, state }: ScaleDisplay): Uint8Array => {
  if (settings.sma) return encodeSmaMessage({ value, unit: settings.unit, motion, state: smaStateOf(value, state) });
  return encodeNciMessage({
    value,
    unit: settings.unit === "kg" ? "KG" : "LB",
    state: state === "normal" ? (motion ? "motion" : "normal") : stateNames[state],
    zero: Number(value) === 0,
    prefix: settings.prefix,
  });
};

const startNci = (settings: NciSettings, parts: ScaleParts): SimulatedScale =>
  startScale(
    {
      protocol: "nci",
      unit: settings.unit,
      places: settings.places,
      increment: settings.increment,
      mode: () => "unknown",
      tareSent: false,
      statesSent: true,
      encode: (display) => answerOf(settings, display),
      keyOf: (asked) => (asked.includes(0x5a) ? "zero" : null),
      keyAnswer: (_key, display) =>
        settings.sma
          ? answerOf(settings, { ...display, value: "0" })
          : encodeNciStatus({ zero: true, prefix: settings.prefix }),
      reply: (asked, display) => (asked.includes(0x57) ? { bytes: answerOf(settings, display), weight: true } : null),
    },
    parts,
  );

/** A scale that answers `W CR`. */
export const nci = defineScale({
  protocol: "nci",
  settingsSchema: nciSettingsSchema,
  start: startNci,
});
