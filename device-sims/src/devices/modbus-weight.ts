import { encodeModbusAnswer, modbusWords } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineScale } from "./define-simulator.ts";
import { type ScaleDisplay, type ScaleParts, type SimulatedScale, startScale } from "./scale.ts";

/** Settings of a simulated Modbus transmitter. */
const modbusWeightSettingsSchema = z.strictObject({
  /** What the weight stands for; the protocol does not send it. */
  unit: z.enum(["kg", "g", "t"]).default("kg"),
  address: z.int().min(1).max(247).default(1),
  places: z.int().min(0).max(4).default(2),
  increment: z.union([z.literal(1), z.literal(2), z.literal(5)]).default(1),
});

type ModbusWeightSettings = z.output<typeof modbusWeightSettingsSchema>;

const wordsOf = ({ value, motion, state }: ScaleDisplay) =>
  modbusWords(value, { motion, overload: state === "overload" });

const startModbusWeight = (settings: ModbusWeightSettings, parts: ScaleParts): SimulatedScale =>
  startScale(
    {
      protocol: "modbus-weight",
      unit: settings.unit,
      places: settings.places,
      increment: settings.increment,
      mode: () => "unknown",
      tareSent: false,
      statesSent: false,
      encode: (display) => encodeModbusAnswer({ address: settings.address, words: wordsOf(display).weight }),
      reply: (asked, display) => {
        if (asked[0] !== settings.address || asked[1] !== 3) return null;
        const { status, weight } = wordsOf(display);
        const ofWeight = asked[3] === 80;
        const words = ofWeight ? weight : [status];
        return { bytes: encodeModbusAnswer({ address: settings.address, words }), weight: ofWeight };
      },
    },
    parts,
  );

/** A transmitter that answers reads of registers 8 and 80. */
export const modbusWeight = defineScale({
  protocol: "modbus-weight",
  settingsSchema: modbusWeightSettingsSchema,
  start: startModbusWeight,
});
