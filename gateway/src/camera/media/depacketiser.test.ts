import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ParameterSets, VideoCodec } from "./access-unit.ts";
import { Depacketiser } from "./depacketiser.ts";
import { GatheredBytes } from "./gathered-bytes.ts";
import { NalAssembler } from "./nal-assembler.ts";
import { readRtp, sequenceDistance, timestampDistance } from "./rtp.ts";

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ""), "hex");
const nal = (codec: VideoCodec, type: number, body: Uint8Array): Uint8Array =>
  Buffer.concat([codec === "h264" ? Uint8Array.of(0x60 | type) : Uint8Array.of(type << 1, 1), body]);

const types = {
  h264: { sets: [7, 8], key: 5, picture: 1 },
  h265: { sets: [32, 33, 34], key: 19, picture: 1 },
} as const;

interface Picture {
  readonly nals: readonly Uint8Array[];
  readonly key: boolean;
}

/** Puts a NAL unit into packets as the RFCs have it, at cuts that somebody else chose. */
const fragmented = (codec: VideoCodec, unit: Uint8Array, most: number): Uint8Array[] => {
  const head = codec === "h264" ? 1 : 2;
  const type = codec === "h264" ? (unit[0] ?? 0) & 31 : ((unit[0] ?? 0) >> 1) & 63;
  const start = codec === "h264" ? [((unit[0] ?? 0) & 0xe0) | 28] : [((unit[0] ?? 0) & 0x81) | 98, unit[1] ?? 0];
  const pieces: Uint8Array[] = [];
  for (let at = head; at < unit.length; at += most) {
    const flags = (at === head ? 0x80 : 0) | (at + most >= unit.length ? 0x40 : 0);
    pieces.push(Buffer.concat([Uint8Array.from([...start, flags | type]), unit.subarray(at, at + most)]));
  }
  return pieces;
};

const aggregated = (codec: VideoCodec, units: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat([
    codec === "h264" ? Uint8Array.of(0x78) : Uint8Array.of(96, 1),
    ...units.flatMap((unit) => [Uint8Array.of(unit.length >> 8, unit.length & 255), unit]),
  ]);

/** Any way to put a picture into packets: `choices` decide for each NAL unit. */
const packeted = (codec: VideoCodec, { nals }: Picture, choices: readonly number[]): Uint8Array[] => {
  const payloads: Uint8Array[] = [];
  for (let at = 0; at < nals.length; at++) {
    const [unit, next, choice] = [nals[at], nals[at + 1], choices[at % choices.length] ?? 0];
    if (unit === undefined) continue;
    if (choice === 0 && next !== undefined) {
      payloads.push(aggregated(codec, [unit, next]));
      at++;
    } else if (choice > 1 && unit.length > choice + 2) payloads.push(...fragmented(codec, unit, choice));
    else payloads.push(unit);
  }
  return payloads;
};

const bytes = fc.uint8Array({ minLength: 3, maxLength: 40 });
const pictures = (codec: VideoCodec): fc.Arbitrary<Picture[]> =>
  fc
    .array(fc.record({ key: fc.boolean(), slices: fc.array(bytes, { minLength: 1, maxLength: 3 }) }), {
      minLength: 1,
      maxLength: 6,
    })
    .map((drawn) =>
      drawn.map(({ key: drawnKey, slices }, index) => {
        // A stream is joined at its first key frame.
        const key = drawnKey || index === 0;
        const { sets, key: keyType, picture } = types[codec];
        const before = key ? sets.map((type) => nal(codec, type, Uint8Array.of(0x4d, 0x40, 0x1e, index))) : [];
        const own = slices.map((slice) => nal(codec, key ? keyType : picture, slice));
        return { nals: [...before, ...own], key };
      }),
    );

/** NAL units that stand one behind the other, each behind its length. */
const nalsIn = (gathered: Buffer): string[] => {
  const nals: string[] = [];
  for (let at = 0; at < gathered.length; ) {
    const end = at + 4 + gathered.readUInt32BE(at);
    nals.push(gathered.toString("hex", at + 4, end));
    at = end;
  }
  return nals;
};

const heard = (codec: VideoCodec) => {
  const units: { readonly key: boolean; readonly rtpTime: number; readonly nals: readonly string[] }[] = [];
  const sets: ParameterSets[] = [];
  const depacketiser = new Depacketiser(codec, {
    unit: ({ bytes: gathered, key, rtpTime }) => void units.push({ key, rtpTime, nals: nalsIn(gathered) }),
    parameters: (found) => void sets.push(found),
  });
  return { depacketiser, units, sets };
};

const assembling = (codec: VideoCodec) => {
  const into = new GatheredBytes(1_000);
  const ends: number[] = [];
  const assembler = new NalAssembler(codec, into, () => void ends.push(into.length));
  /** Whether it could be understood, and every NAL unit that is whole so far. */
  const push = (text: string): { readonly fine: boolean; readonly nals: readonly string[] } => {
    const payload = hex(`FFFF ${text} FFFF`);
    const fine = assembler.push(payload, 2, payload.length - 2);
    return { fine, nals: nalsIn(into.view(0, ends.at(-1) ?? 0)) };
  };
  return push;
};

const packet = (sequence: number, timestamp: number, marker: boolean, payload: Uint8Array) => ({
  ...{ payloadType: 96, marker, sequence: sequence & 0xffff, timestamp },
  ...{ bytes: Buffer.from(payload), start: 0, end: payload.length },
});

describe("RTP packets", () => {
  it("are read with padding, extension and contributing sources passed over", () => {
    // V=2, P, X, CC=1; PT 96 with marker; sequence 258; time stamp 0x01020304; SSRC; CSRC; extension of one word.
    const bytesOf = hex("B1 E0 0102 01020304 AABBCCDD 11111111 BEDE0001 99999999 4142 00 02");
    const read = readRtp(Buffer.concat([hex("FF"), bytesOf, hex("FF")]), 1, 1 + bytesOf.length);
    expect(read).toMatchObject({ payloadType: 96, marker: true, sequence: 0x102, timestamp: 0x1020304 });
    expect(read?.bytes.toString("latin1", read.start, read.end)).toBe("AB");
    expect(readRtp(hex("4060 0001 00000000 00000000"))).toBeUndefined();
    expect(readRtp(hex("8060 0001"))).toBeUndefined();
    expect(readRtp(hex("A060 0001 00000000 00000000 FF"))).toBeUndefined();
  });

  it("are compared over the end of their numbers", () => {
    expect(sequenceDistance(65_535, 0)).toBe(1);
    expect(sequenceDistance(0, 65_535)).toBe(-1);
    expect(timestampDistance(0xffff_ff00, 0x100)).toBe(0x200);
  });
});

describe("aggregation and fragmentation", () => {
  it("are those of RFC 6184", () => {
    const push = assembling("h264");
    // Figure 7: STAP-A with two NAL units.
    expect(push("78 0003 67AABB 0002 68CC")).toEqual({ fine: true, nals: ["67aabb", "68cc"] });
    // Figure 14: FU-A, NRI 3, type 5, in three.
    expect(push("7C 85 0102").nals).toHaveLength(2);
    expect(push("7C 05 0304").nals).toHaveLength(2);
    expect(push("7C 45 05")).toEqual({ fine: true, nals: ["67aabb", "68cc", "650102030405"] });
  });

  it("are those of RFC 7798", () => {
    const push = assembling("h265");
    expect(push("6001 0003 4001AA 0003 4201BB")).toEqual({ fine: true, nals: ["4001aa", "4201bb"] });
    push("6201 93 0102");
    expect(push("6201 53 03").nals.at(-1)).toBe("2601010203");
  });

  it("say so when they are cut off, or too large", () => {
    const push = assembling("h264");
    expect(push("78 0009 67AABB").fine).toBe(false);
    expect(push("7C 05 0304").fine).toBe(false);
    push("7C 85 0102");
    expect(push("41 00").fine).toBe(false);
    expect(push(`41 ${"00".repeat(990)}`).fine).toBe(false);
    push("7C 85 0102");
    expect(push(`7C 45 ${"00".repeat(990)}`)).toEqual({ fine: false, nals: ["4100"] });
  });
});

describe.each(["h264", "h265"] as const)("pictures of %s", (codec) => {
  it("are the same however they were put into packets", () => {
    fc.assert(
      fc.property(
        pictures(codec),
        fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 8 }),
        fc.nat(65_535),
        fc.boolean(),
        (drawn, choices, first, marks) => {
          const { depacketiser, units, sets } = heard(codec);
          let sequence = first;
          for (const [index, picture] of [
            ...drawn,
            { nals: [nal(codec, types[codec].picture, Uint8Array.of(1, 2, 3))], key: false },
          ].entries()) {
            const payloads = packeted(codec, picture, choices);
            for (const [at, payload] of payloads.entries()) {
              depacketiser.push(packet(sequence++, index * 3_600, marks && at === payloads.length - 1, payload));
            }
          }
          const setTypes: readonly number[] = types[codec].sets;
          const typeOf = (unit: Uint8Array) => (codec === "h264" ? (unit[0] ?? 0) & 31 : ((unit[0] ?? 0) >> 1) & 63);
          const expected = drawn.map(({ nals, key }) => ({
            key,
            nals: nals
              .filter((unit) => !setTypes.includes(typeOf(unit)))
              .map((unit) => Buffer.from(unit).toString("hex")),
          }));
          const found = units.slice(0, drawn.length).map(({ nals, key }) => ({ key, nals }));
          expect(found).toEqual(expected);
          expect(sets).toHaveLength(drawn.filter(({ key }) => key).length);
          expect(depacketiser.counts.lost).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("never show what depends on a packet that was lost", () => {
    fc.assert(
      fc.property(pictures(codec), fc.nat(), (drawn, seed) => {
        const { depacketiser, units } = heard(codec);
        const all = drawn.flatMap((picture, index) =>
          picture.nals
            .flatMap((unit) => fragmented(codec, unit, 3))
            .map((payload, at, list) => ({ index, payload, marker: at === list.length - 1 })),
        );
        const lost = seed % all.length;
        for (const [at, { index, payload, marker }] of all.entries()) {
          if (at !== lost) depacketiser.push(packet(at, index * 3_600, marker, payload));
        }
        const hole = all[lost]?.index ?? 0;
        const next = drawn.findIndex(({ key }, index) => index > hole && key);
        const shown = units.map(({ rtpTime }) => rtpTime / 3_600);
        const hidden = drawn
          .map((_picture, index) => index)
          .filter((index) => index >= hole && (next < 0 || index < next));
        // The last packet of all may be the lost one: then nothing tells that it is missing, and its picture does not end.
        expect(shown.filter((index) => hidden.includes(index))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it("survive any bytes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(65_535), fc.nat(10), fc.boolean(), fc.uint8Array({ maxLength: 30 })), {
          maxLength: 60,
        }),
        (packets) => {
          const { depacketiser } = heard(codec);
          for (const [sequence, timestamp, marker, payload] of packets)
            depacketiser.push(packet(sequence, timestamp, marker, payload));
        },
      ),
    );
  });
});
