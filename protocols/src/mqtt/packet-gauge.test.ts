import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maxBytesBeforeConnack, maxPacketBytes, PacketGauge } from "./packet-gauge.ts";

/** An MQTT fixed header (MQTT 3.1.1 §2.2) announcing `length` octets. */
const header = (length: number, type = 0x30): number[] => {
  const octets = [type];
  let rest = length;
  do {
    octets.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return octets;
};

const packet = (length: number): Uint8Array => Uint8Array.from([...header(length), ...new Uint8Array(length)]);

const admitted = (): PacketGauge => {
  const gauge = new PacketGauge();
  gauge.admit();
  return gauge;
};

describe("the gauge in front of the broker", () => {
  it("refuses 200 MB when they are announced, before a byte of them arrives", () => {
    expect(new PacketGauge().take(Uint8Array.from(header(200 * 1024 * 1024, 0x10)))).toBe("packet too large");
    expect(admitted().take(Uint8Array.from(header(200 * 1024 * 1024)))).toBe("packet too large");
  });

  it("refuses a stream of small packets from somebody who has not been let in", () => {
    const gauge = new PacketGauge();
    const small = packet(98);
    let taken = 0;
    let fault: string | undefined;
    while (fault === undefined && taken < 100_000) {
      fault = gauge.take(small);
      taken += small.length;
    }
    expect(fault).toBe("too much before CONNACK");
    expect(taken).toBeLessThanOrEqual(maxBytesBeforeConnack + small.length);
  });

  it("lets exactly the largest packet through, and not one octet more", () => {
    expect(admitted().take(packet(maxPacketBytes))).toBeUndefined();
    expect(admitted().take(Uint8Array.from(header(maxPacketBytes + 1)))).toBe("packet too large");
  });

  it("refuses a length of more than four octets", () => {
    expect(admitted().take(Uint8Array.of(0x30, 0x80, 0x80, 0x80, 0x80, 0x01))).toBe("malformed length");
  });

  it("sees the same in one piece and in any pieces", () => {
    const sizes = fc.array(fc.oneof(fc.nat(300), fc.constantFrom(127, 128, 16_383, 16_384, 2_000_000)), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(sizes, fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1 }), (lengths, cuts) => {
        const stream = Buffer.concat(
          lengths.map((length) => (length > maxPacketBytes ? Uint8Array.from(header(length)) : packet(length))),
        );
        const whole = admitted().take(stream);
        const gauge = admitted();
        let inPieces: string | undefined;
        for (let at = 0, turn = 0; at < stream.length && inPieces === undefined; turn++) {
          const size = cuts[turn % cuts.length] ?? 1;
          inPieces = gauge.take(stream.subarray(at, at + size));
          at += size;
        }
        expect(inPieces).toBe(whole);
        expect(whole === undefined).toBe(lengths.every((length) => length <= maxPacketBytes));
      }),
      { numRuns: 60 },
    );
  });
});
