import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, sameBytes, toHex } from "../src/bytes/bytes.ts";
import { bytesOf, type DeviceCodec, type DeviceEvent } from "../src/devices/device-event.ts";
import { eventAsJson } from "../src/devices/event-json.ts";
import { type Fixture, fixturesOf, statedOf } from "./fixtures.ts";

/** What the contract cannot know of a family by itself, stated independently of its decoder. */
export interface FamilyFacts<Spec> {
  /** True when these bytes are a frame that its own checksum (or, without one, its form) confirms. */
  confirms(frame: Uint8Array): boolean;
  /** Place of a byte that no frame survives being changed by one bit; 1 unless the family has no such byte there. */
  readonly vitalByte?: number;
  /** Something the family's encoder can say ... */
  readonly spec: fc.Arbitrary<Spec>;
  encode(spec: Spec): Uint8Array;
  /** ... and the events it must be read as, in the form of `expected.json`. */
  meaning(spec: Spec): readonly Readonly<Record<string, unknown>>[];
}

const decodeAll = (codec: DeviceCodec, pieces: readonly Uint8Array[]): DeviceEvent[] => {
  const decoder = codec.createDecoder();
  return [...pieces.flatMap((piece) => decoder.push(piece)), ...decoder.end()];
};

const asText = (events: readonly DeviceEvent[]): string[] => events.map((event) => JSON.stringify(eventAsJson(event)));

/** The frames that were believed, as opposed to what could not be read. */
const believed = (events: readonly DeviceEvent[]): DeviceEvent[] =>
  events.filter(
    (event) =>
      event.event === "reading" ||
      (event.event === "sale" && event.raw.length > 0) ||
      (event.event === "frame" && event.checksumOk) ||
      (event.event === "result" && event.raw.length > 0),
  );

const believedHex = (events: readonly DeviceEvent[]): string[] =>
  believed(events).map((event) => toHex(bytesOf(event)));

/** What the believed frames say, without their bytes. */
const believedWords = (events: readonly DeviceEvent[]): string[] =>
  believed(events).map((event) => JSON.stringify(statedOf(eventAsJson(event))));

const cutAt = (bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] => {
  const places = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((to, index) => bytes.subarray(places[index], to));
};

const bytes = (options: fc.IntArrayConstraints = {}): fc.Arbitrary<Uint8Array> => fc.uint8Array(options);

/** One thing that happens to bytes on a bad line. */
const damage = fc.oneof(
  fc.record({ kind: fc.constant("flip" as const), at: fc.nat(), bit: fc.nat({ max: 7 }) }),
  fc.record({ kind: fc.constant("set" as const), at: fc.nat(), byte: fc.nat({ max: 255 }) }),
  fc.record({ kind: fc.constant("drop" as const), at: fc.nat(), count: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ kind: fc.constant("add" as const), at: fc.nat(), noise: bytes({ minLength: 1, maxLength: 9 }) }),
);
type Damage = typeof damage extends fc.Arbitrary<infer One> ? One : never;

const damaged = (input: Uint8Array, what: readonly Damage[]): Uint8Array => {
  let result = input;
  for (const one of what) {
    const at = result.length === 0 ? 0 : one.at % result.length;
    if (one.kind === "flip") result = result.map((byte, index) => (index === at ? byte ^ (1 << one.bit) : byte));
    if (one.kind === "set") result = result.map((byte, index) => (index === at ? one.byte : byte));
    if (one.kind === "drop") result = concat(result.subarray(0, at), result.subarray(at + one.count));
    if (one.kind === "add") result = concat(result.subarray(0, at), one.noise, result.subarray(at));
  }
  return result;
};

const expectAccounted = (events: readonly DeviceEvent[], input: Uint8Array): void => {
  const accounted = concat(...events.map(bytesOf));
  if (!sameBytes(accounted, input)) expect(toHex(accounted)).toBe(toHex(input));
};

const describeFixtures = (codec: DeviceCodec, fixtures: readonly Fixture[]): void => {
  it.each(fixtures.map((fixture) => [fixture.name, fixture] as const))("reads %s as its source says", (_, fixture) => {
    const events = decodeAll(codec, [fixture.input]);
    expect(events.map((event) => statedOf(eventAsJson(event)))).toEqual(fixture.expected);
    expectAccounted(events, fixture.input);
  });
};

const describeLine = (codec: DeviceCodec, fixtures: readonly Fixture[]): void => {
  it("gives the same events however the bytes are cut", () => {
    for (const { input } of fixtures) {
      const whole = asText(decodeAll(codec, [input]));
      const singly = Array.from(input, (byte) => Uint8Array.of(byte));
      expect(asText(decodeAll(codec, singly))).toEqual(whole);
      for (let at = 1; at < input.length; at++) {
        expect(asText(decodeAll(codec, cutAt(input, [at])))).toEqual(whole);
      }
    }
  });

  it("believes nothing that the device did not say when it is joined midway or cut off", () => {
    for (const { input } of fixtures) {
      const whole = decodeAll(codec, [input]);
      const said = whole.map((event) => toHex(bytesOf(event)));
      const good = believedHex(whole);
      const words = believedWords(whole);
      for (let at = 1; at < input.length; at++) {
        for (const part of [input.subarray(at), input.subarray(0, at)]) {
          // What was cut off may have been the part of a frame that says whether it is good.
          // Cut-off padding changes the bytes of a frame, not what it says.
          const heard = decodeAll(codec, [part]);
          const heardWords = believedWords(heard);
          const invented = believedHex(heard).filter(
            (frame, index) =>
              !good.includes(frame) &&
              !words.includes(heardWords[index] ?? "") &&
              !said.some((event) => event.startsWith(frame) && event !== frame),
          );
          expect(invented).toEqual([]);
        }
      }
    }
  });

  it("finds back after noise before and between", () => {
    fc.assert(
      fc.property(fc.constantFrom(...fixtures), bytes({ minLength: 1, maxLength: 40 }), ({ input }, noise) => {
        const alone = believedHex(decodeAll(codec, [input, input]));
        const noisy = believedHex(decodeAll(codec, [noise, input, input, noise, input, input]));
        // The noise may swallow what touches it, never more: the second of two copies is heard whole.
        expect(noisy.length).toBeGreaterThanOrEqual(alone.length);
        // Noise that happens to be the optional checksum of the frame before it is no noise, and teaches that there is one.
        const once = believedHex(decodeAll(codec, [input]));
        if (
          believedHex(decodeAll(codec, [input, noise]))
            .slice(0, once.length)
            .join() !== once.join()
        )
          return;
        const last = alone.at(-1);
        if (last !== undefined) expect(noisy.filter((frame) => frame === last).length).toBeGreaterThanOrEqual(2);
      }),
      { numRuns: 300 },
    );
  });
};

const describeBounds = (codec: DeviceCodec, fixtures: readonly Fixture[]): void => {
  const endless: readonly (readonly [string, (index: number) => number])[] = [
    ["one byte after the other", (index) => index & 0xff],
    ["start bytes", () => fixtures[0]?.input[0] ?? 0x02],
    ["a start and no end", (index) => (index === 0 ? 0x02 : 0x31)],
    ["starts now and then", (index) => (index % 1000 === 0 ? 0x02 : 0x20)],
  ];

  it.each(endless)("holds no more than it says under endless garbage: %s", (_, byteAt) => {
    const decoder = codec.createDecoder();
    let most = 0;
    let accounted = 0;
    const pieceBytes = 4096;
    const pieces = Math.ceil((2 * codec.maxPendingBytes + 100_000) / pieceBytes);
    for (let piece = 0; piece < pieces; piece++) {
      const garbage = Uint8Array.from({ length: pieceBytes }, (_unused, index) => byteAt(piece * pieceBytes + index));
      for (const event of decoder.push(garbage)) accounted += bytesOf(event).length;
      most = Math.max(most, decoder.pending().length);
    }
    expect(most).toBeLessThanOrEqual(codec.maxPendingBytes);
    expect(accounted + decoder.pending().length).toBe(pieces * pieceBytes);
  });

  it("shares nothing between two decoders", () => {
    for (const [index, first] of fixtures.entries()) {
      const second = fixtures[(index + 1) % fixtures.length] ?? first;
      const [one, other] = [codec.createDecoder(), codec.createDecoder()];
      const heard: [DeviceEvent[], DeviceEvent[]] = [[], []];
      for (let at = 0; at < Math.max(first.input.length, second.input.length); at++) {
        heard[0].push(...one.push(first.input.subarray(at, at + 1)));
        heard[1].push(...other.push(second.input.subarray(at, at + 1)));
      }
      heard[0].push(...one.end());
      heard[1].push(...other.end());
      expect(asText(heard[0])).toEqual(asText(decodeAll(codec, [first.input])));
      expect(asText(heard[1])).toEqual(asText(decodeAll(codec, [second.input])));
    }
  });
};

const unconfirmed = <Spec>(events: readonly DeviceEvent[], facts: FamilyFacts<Spec>): string[] =>
  believed(events)
    .filter((event) => !facts.confirms(bytesOf(event)))
    .map((event) => JSON.stringify(eventAsJson(event)));

const describeFuzz = <Spec>(codec: DeviceCodec, fixtures: readonly Fixture[], facts: FamilyFacts<Spec>): void => {
  const input = fc.oneof(
    { weight: 1, arbitrary: bytes({ maxLength: 120 }) },
    {
      weight: 4,
      arbitrary: fc
        .tuple(
          fc.array(fc.constantFrom(...fixtures.map((fixture) => fixture.input)), { minLength: 1, maxLength: 3 }),
          fc.array(damage, { minLength: 1, maxLength: 6 }),
        )
        .map(([inputs, what]) => damaged(concat(...inputs), what)),
    },
  );

  it("survives 10,000 damaged and random inputs: no fault, every byte accounted for, no frame with a wrong checksum", () => {
    fc.assert(
      fc.property(input, fc.array(fc.nat({ max: 400 }), { maxLength: 4 }), (hostile, cuts) => {
        const within = cuts.map((cut) => (hostile.length === 0 ? 0 : cut % hostile.length));
        const events = decodeAll(codec, cutAt(hostile, within));
        expectAccounted(events, hostile);
        const wrong = unconfirmed(events, facts);
        if (wrong.length > 0) expect(wrong).toEqual([]);
      }),
      { numRuns: 10_000 },
    );
  });

  it("would notice a frame with a wrong checksum", () => {
    const frame = fixtures.flatMap(({ input: whole }) => believed(decodeAll(codec, [whole])))[0];
    if (frame === undefined || frame.event === "discarded") throw new Error("no fixture holds a good frame");
    expect(unconfirmed([frame], facts)).toEqual([]);
    const vital = facts.vitalByte ?? 1;
    const wrong = { ...frame, raw: bytesOf(frame).map((byte, index) => (index === vital ? byte ^ 0x01 : byte)) };
    expect(unconfirmed([wrong], facts)).toHaveLength(1);
  });

  it("reads back what the encoder says", () => {
    fc.assert(
      fc.property(facts.spec, (spec) => {
        const events = decodeAll(codec, [facts.encode(spec)]);
        expect(events.map((event) => statedOf(eventAsJson(event)))).toEqual(facts.meaning(spec));
      }),
      { numRuns: 500 },
    );
  });
};

/** What every device family must do, whatever it speaks. Called by the test of each family. */
export const describeCodec = <Spec>(codec: DeviceCodec, facts: FamilyFacts<Spec>): void => {
  describe(`${codec.id}: contract of every codec`, () => {
    const fixtures = fixturesOf(codec.id);
    describeFixtures(codec, fixtures);
    describeLine(codec, fixtures);
    describeBounds(codec, fixtures);
    describeFuzz(codec, fixtures, facts);
  });
};
