import { type DahuaSaleSpec, encodeDahuaPlu, encodeDahuaSale } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineScale } from "./define-simulator.ts";
import { gbBytes } from "./gb-text.ts";
import { type ScaleParts, type SimulatedScale, startScale } from "./scale.ts";

/** Settings of a simulated Dahua TM label scale. */
const dahuaTmSettingsSchema = z.strictObject({
  unitPriceFen: z.int().min(0).max(999_999).default(2000),
  /** Name of its one article, in characters of GB 2312; null: it does not tell. */
  article: z.string().min(1).max(16).nullable().default("白菜"),
  /** The scale's clock: minutes are counted up from here, one a sale. */
  day: z
    .string()
    .regex(/^\d{6}$/)
    .default("240517"),
});

type DahuaTmSettings = z.output<typeof dahuaTmSettingsSchema>;

const two = (number: number): string => number.toString().padStart(2, "0");

/** Every load is a sale; the record is there as soon as the label is printed, when the load has stood still. */
const startDahuaTm = (settings: DahuaTmSettings, parts: ScaleParts): SimulatedScale => {
  const sales: DahuaSaleSpec[] = [];
  const sell = (value: string): void => {
    const quantity = Number(value.replace(".", ""));
    const number = sales.length + 1;
    const time = `${settings.day}${two(8 + (Math.floor(number / 60) % 12))}${two(number % 60)}`;
    const amountFen = Math.round((quantity * settings.unitPriceFen) / 1000);
    sales.push({ number, time, plu: 1, byPiece: false, quantity, unitPriceFen: settings.unitPriceFen, amountFen });
  };
  const article = (plu: string) => {
    const { article: name, unitPriceFen } = settings;
    if (name === null) return null;
    return { bytes: encodeDahuaPlu({ plu, itemCode: 1, unitPriceFen, name: gbBytes(name, 32) }), weight: false };
  };
  const reply = (asked: Uint8Array) => {
    const plu = /!0U(\d{4})A/.exec(String.fromCharCode(...asked))?.[1];
    if (plu !== undefined) return article(plu);
    const number = /!0J(\d{4})A/.exec(String.fromCharCode(...asked))?.[1];
    return number === undefined
      ? null
      : { bytes: encodeDahuaSale(Number(number), sales[Number(number) - 1]), weight: true };
  };
  const scale = startScale(
    {
      protocol: "dahua-tm",
      unit: "kg",
      places: 3,
      increment: 1,
      mode: () => "unknown",
      tareSent: false,
      statesSent: false,
      encode: () => new Uint8Array(0),
      reply,
    },
    parts,
  );
  const stopping = new AbortController();
  return {
    ...scale,
    weigh: async (step) => {
      const weighing = scale.weigh(step);
      await parts.clock.sleep(step.rampMs + step.holdMs / 2, stopping.signal);
      const [whole = "0", fraction = ""] = step.value.split(".");
      if (!stopping.signal.aborted) sell(`${whole}.${fraction.padEnd(3, "0")}`);
      await weighing;
    },
    stop: async () => {
      stopping.abort();
      await scale.stop();
    },
  };
};

/** A label scale that keeps its sales and answers reads of them. */
export const dahuaTm = defineScale({
  protocol: "dahua-tm",
  settingsSchema: dahuaTmSettingsSchema,
  start: startDahuaTm,
});
