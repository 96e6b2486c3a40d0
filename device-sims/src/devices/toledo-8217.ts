import { encodeToledo8217, encodeToledo8217Status } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineScale } from "./define-simulator.ts";
import { type ScaleDisplay, type ScaleParts, type SimulatedScale, startScale } from "./scale.ts";

/** Settings of a simulated Toledo 8217. */
const toledo8217SettingsSchema = z.strictObject({
  /** What the display stands for; the protocol does not send it. */
  unit: z.enum(["kg", "lb"]).default("kg"),
  places: z.int().min(2).max(3).default(3),
  increment: z.union([z.literal(1), z.literal(2), z.literal(5)]).default(1),
});

type Toledo8217Settings = z.output<typeof toledo8217SettingsSchema>;

const answerOf = ({ value, net, motion, state }: ScaleDisplay): Uint8Array =>
  encodeToledo8217({
    value,
    net,
    state: state === "overload" ? "over" : state === "underload" ? "under" : motion ? "motion" : "normal",
  });

const startToledo8217 = (settings: Toledo8217Settings, parts: ScaleParts): SimulatedScale =>
  startScale(
    {
      protocol: "toledo-8217",
      unit: settings.unit,
      places: settings.places,
      increment: settings.increment,
      mode: (net) => (net ? "net" : "gross"),
      tareSent: false,
      statesSent: true,
      encode: answerOf,
      keyOf: (asked) => (asked[0] === 0x54 ? "tare" : asked[0] === 0x5a ? "zero" : null),
      keyAnswer: (_key, { net }) => encodeToledo8217Status({ net, zero: true }),
      reply: (asked, display) => (asked.includes(0x57) ? { bytes: answerOf(display), weight: true } : null),
    },
    parts,
  );

/** A scale that answers `W`. The protocol has no word for a missing zero. */
export const toledo8217 = defineScale({
  protocol: "toledo-8217",
  settingsSchema: toledo8217SettingsSchema,
  start: startToledo8217,
});
