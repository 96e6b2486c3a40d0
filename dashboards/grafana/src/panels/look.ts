import { MappingType, type Threshold, type ValueMapping } from "@grafana/grafana-foundation-sdk/dashboard";
import { type Say, text } from "../text.ts";

/** The meanings of colour, the same as on the built-in screens. Red is none of them: what is confirmed shows on the alert. */
export const colours = {
  done: "#4FB286",
  attention: "#E3B341",
  unknown: "#7C8AA0",
  /** Grafana's own colour of text: light on its dark theme, dark on its light one. */
  plain: "text",
} as const;

export type Tone = keyof typeof colours;

/** Pixels at 1920 × 1080; at 4K the browser shows everything at 200 %. 56 px are 3.5 cm high letters on a 55 inch wall. */
export const sizes = { value: 56, name: 28, barValue: 40, barName: 26 } as const;

/**
 * Grafana's unit and decimals for each kind of number. Thousands are separated; where the name of a number says kg, 元 or 分
 * Grafana adds no unit of its own, because it would make tons of kilograms (`Mg`) and English words of minutes. Times are
 * never without the day.
 */
export const units = {
  count: { unit: "locale", decimals: 0 },
  share: { unit: "percentunit", decimals: 1 },
  kilograms: { unit: "locale", decimals: 1 },
  yuan: { unit: "locale", decimals: 2 },
  seconds: { unit: "locale", decimals: 1 },
  minutes: { unit: "locale", decimals: 0 },
  milliseconds: { unit: "ms", decimals: 0 },
  bytes: { unit: "bytes", decimals: 1 },
  percent: { unit: "percent", decimals: 1 },
  at: { unit: "time:MM-DD HH:mm", decimals: 0 },
  /** A code or name, not a number. */
  word: { unit: "string", decimals: 0 },
} as const;

export type Unit = keyof typeof units;

/** From which value on a number has which colour. The first step has no bound: it is what everything else is. */
export interface Tones {
  readonly base: Tone;
  readonly steps?: readonly (readonly [from: number, tone: Tone])[];
}

/** A number that is neither good nor bad. */
export const plain: Tones = { base: "plain" };

/** Thresholds as Grafana wants them: ascending, the first without a value. */
export const thresholdsOf = ({ base, steps = [] }: Tones): Threshold[] => [
  { value: null, color: colours[base] },
  ...steps.map(([value, tone]) => ({ value, color: colours[tone] })),
];

/** Below so many samples a rate means nothing. */
export const enoughSamples = 30;

const tooFew = text("样本不足", "too few");

/** Writes the words beside every number of samples that is too small for its rate. */
export const fewSamples = (say: Say): ValueMapping[] => {
  const options: Record<string, { text: string; color: string; index: number }> = {};
  for (let n = 0; n < enoughSamples; n++) {
    options[String(n)] = { text: `${n} ${say(tooFew)}`, color: colours.unknown, index: n };
  }
  return [{ type: MappingType.ValueToText, options }];
};

/** What stands where a query gave nothing. Never a number. */
export const noData = text("无数据", "No data");
