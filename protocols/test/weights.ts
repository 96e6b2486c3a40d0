import fc from "fast-check";

/** A weight as decimal text with up to `maxPlaces` places and `maxDigits` digits, minus included. */
export const weightText = (maxDigits: number, maxPlaces: number): fc.Arbitrary<string> =>
  fc
    .record({
      digits: fc.nat({ max: 10 ** maxDigits - 1 }),
      places: fc.nat({ max: maxPlaces }),
      negative: fc.boolean(),
    })
    .map(({ digits, places, negative }) => {
      const text = digits.toString().padStart(places + 1, "0");
      const point = text.length - places;
      return `${negative ? "-" : ""}${places === 0 ? text : `${text.slice(0, point)}.${text.slice(point)}`}`;
    });

/** A reading in the form of `expected.json`, of which only what differs from "nothing known" has to be given. */
export const saidReading = (said: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
  event: "reading",
  value: null,
  unit: null,
  mode: "unknown",
  stable: "unknown",
  tare: null,
  overload: false,
  underload: false,
  increment: null,
  states: [],
  ...said,
});

/** Frame bytes as text without their parity bit. */
export const plainText = (frame: Uint8Array): string => String.fromCharCode(...frame.map((byte) => byte & 0x7f));

/** Frame bytes as text without their parity bit, control characters as their pictures (STX is ␂, CR is ␍). */
export const picturedText = (frame: Uint8Array): string =>
  Array.from(frame, (byte) => {
    const code = byte & 0x7f;
    return String.fromCharCode(code < 0x20 ? 0x2400 + code : code);
  }).join("");
