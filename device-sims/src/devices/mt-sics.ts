import { encodeSicsKeyReply, encodeSicsReply } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineScale } from "./define-simulator.ts";
import { type ScaleDisplay, type ScaleParts, type SimulatedScale, startScale } from "./scale.ts";

/** Settings of a simulated balance with MT-SICS. */
const mtSicsSettingsSchema = z.strictObject({
  unit: z.enum(["kg", "g", "lb", "oz"]).default("kg"),
  places: z.int().min(0).max(4).default(3),
  increment: z.union([z.literal(1), z.literal(2), z.literal(5)]).default(1),
});

type MtSicsSettings = z.output<typeof mtSicsSettingsSchema>;

const answerOf = (settings: MtSicsSettings, { value, motion, state }: ScaleDisplay): Uint8Array =>
  encodeSicsReply({
    value,
    unit: settings.unit,
    state: state === "overload" ? "over" : state === "underload" ? "under" : motion ? "dynamic" : "stable",
  });

const startMtSics = (settings: MtSicsSettings, parts: ScaleParts): SimulatedScale =>
  startScale(
    {
      protocol: "mt-sics",
      unit: settings.unit,
      places: settings.places,
      increment: settings.increment,
      mode: () => "unknown",
      tareSent: false,
      statesSent: true,
      encode: (display) => answerOf(settings, display),
      keyOf: (asked) => (asked[0] === 0x54 ? "tare" : asked[0] === 0x5a ? "zero" : null),
      keyAnswer: (key, _display, tare) => encodeSicsKeyReply({ key, value: tare, unit: settings.unit }),
      reply: (asked, display) => (asked.includes(0x49) ? { bytes: answerOf(settings, display), weight: true } : null),
    },
    parts,
  );

/** A balance that answers `SI`. The protocol has no word for a missing zero. */
export const mtSics = defineScale({
  protocol: "mt-sics",
  settingsSchema: mtSicsSettingsSchema,
  start: startMtSics,
});
