import { encodeYaohuaCommand } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineScale } from "./define-simulator.ts";
import { type ScaleDisplay, type ScaleParts, type SimulatedScale, startScale } from "./scale.ts";

/** Settings of a simulated Yaohua indicator in command mode. */
const yaohuaCommandSettingsSchema = z.strictObject({
  /** What the display stands for; the protocol does not send it. */
  unit: z.enum(["kg", "g", "t", "jin"]).default("kg"),
  address: z.int().min(1).max(26).default(1),
  places: z.int().min(0).max(4).default(2),
  increment: z.union([z.literal(1), z.literal(2), z.literal(5)]).default(1),
});

type YaohuaCommandSettings = z.output<typeof yaohuaCommandSettingsSchema>;

const answerOf = (settings: YaohuaCommandSettings, command: "B" | "D", { value }: ScaleDisplay): Uint8Array =>
  encodeYaohuaCommand({ address: settings.address, command, value });

const startYaohuaCommand = (settings: YaohuaCommandSettings, parts: ScaleParts): SimulatedScale =>
  startScale(
    {
      protocol: "yaohua-command",
      unit: settings.unit,
      places: settings.places,
      increment: settings.increment,
      mode: () => "gross",
      tareSent: false,
      statesSent: false,
      encode: (display) => answerOf(settings, "B", display),
      reply: (asked, display) => {
        const command = asked[2] === 0x42 ? "B" : asked[2] === 0x44 ? "D" : null;
        if (command === null || asked[1] !== 0x40 + settings.address) return null;
        return { bytes: answerOf(settings, command, display), weight: true };
      },
    },
    parts,
  );

/** An indicator that answers requests for gross and net. The protocol has no words for motion, overload or zero. */
export const yaohuaCommand = defineScale({
  protocol: "yaohua-command",
  settingsSchema: yaohuaCommandSettingsSchema,
  start: startYaohuaCommand,
});
