import type { ReadingEvent, ScaleFlag } from "../device-event.ts";
import { numberOf, readingWith } from "../reading.ts";
import type { ModbusWeightMap } from "./map.ts";

/** Registers of an answer as numbers, in the order of the wire. */
export const wordsIn = (data: Uint8Array): readonly number[] =>
  Array.from(
    { length: Math.floor(data.length / 2) },
    (_unused, at) => ((data[2 * at] ?? 0) << 8) | (data[2 * at + 1] ?? 0),
  );

/** Registers as one signed or unsigned integer; `null` when their number does not fit the type. */
const integerIn = (words: readonly number[], weight: ModbusWeightMap["weight"]): bigint | null => {
  const wide = weight.type.endsWith("32");
  const [first, second] = weight.wordOrder === "high-first" ? words : [...words].reverse();
  if (first === undefined || words.length !== (wide ? 2 : 1)) return null;
  const bits = wide ? 32 : 16;
  const raw = wide ? (BigInt(first) << 16n) | BigInt(second ?? 0) : BigInt(first);
  return weight.type.startsWith("u") ? raw : BigInt.asIntN(bits, raw);
};

/** A binary float as the transmitter sent it, rounded to its places: what it shows. `null` when it is no number. */
const floatText = (bits: bigint, places: number): string | null => {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, Number(bits));
  const value = view.getFloat32(0);
  return Number.isFinite(value) && Math.abs(value) < 1e9 ? value.toFixed(places) : null;
};

const bitOf = (status: number, bit: number): number => (status >> bit) & 1;

const placesIn = (status: number | null, map: ModbusWeightMap): number => {
  const field = map.status?.decimals ?? null;
  return field === null || status === null ? map.decimals : (status >> field.bit) & ((1 << field.bits) - 1);
};

const valueIn = (words: readonly number[], places: number, map: ModbusWeightMap): string | null => {
  const float = map.weight.type === "float32";
  const integer = integerIn(words, float ? { ...map.weight, type: "uint32" } : map.weight);
  if (integer === null) return null;
  if (float) return floatText(integer, places);
  const digits = (integer < 0n ? -integer : integer).toString();
  return numberOf(digits, places, integer < 0n);
};

/** The reading in a weight and the status read with it (`null` where the map has none); `null` when the words do not fit. */
export const registerReading = (
  words: readonly number[],
  status: number | null,
  map: ModbusWeightMap,
  raw: Uint8Array,
): ReadingEvent | null => {
  const value = valueIn(words, placesIn(status, map), map);
  if (value === null) return null;
  const rules = map.status;
  if (rules === null || status === null) return readingWith(raw, { value });
  const overload = rules.overload.some((bit) => bitOf(status, bit) === 1);
  const underload = rules.underload.some((bit) => bitOf(status, bit) === 1);
  const moving = rules.unstable !== null && bitOf(status, rules.unstable.bit) === rules.unstable.when;
  const states: ScaleFlag[] = [
    ...(moving ? (["motion"] as const) : []),
    ...(rules.zero !== null && bitOf(status, rules.zero) === 1 ? (["zero-centre"] as const) : []),
  ];
  return readingWith(raw, {
    value: overload || underload ? null : value,
    stable: rules.unstable === null ? "unknown" : moving ? "reported-unstable" : "reported-stable",
    overload,
    underload,
    states,
  });
};
