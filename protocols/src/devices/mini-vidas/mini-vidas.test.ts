import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeCodec } from "../../../test/codec-contract.ts";
import { concat } from "../../bytes/bytes.ts";
import type { DeviceEvent } from "../device-event.ts";
import { miniVidas } from "./codec.ts";
import { encodeVidasMessage } from "./encode.ts";

/** The sum from the first RS to GS, as the capture shows it. */
const checksumFits = (frame: Uint8Array): boolean => {
  const group = frame.indexOf(0x1d);
  let sum = 0;
  for (const byte of frame.subarray(1, group + 1)) sum += byte;
  const sent = String.fromCharCode(...frame.subarray(group + 1, group + 3)).toLowerCase();
  return frame[0] === 2 && frame[1] === 0x1e && sent === (sum % 256).toString(16).padStart(2, "0");
};

const word = fc.string({ unit: fc.constantFrom(...Array.from("ABCxyz019-. é")), minLength: 1, maxLength: 9 });
const spec = fc.record({ id: word, assay: word, value: word });

describeCodec(miniVidas, {
  confirms: checksumFits,
  spec,
  encode: ({ id, assay, value }) =>
    encodeVidasMessage([
      ["mt", "rsl"],
      ["ci", id],
      ["rt", assay],
      ["tt", "23:59"],
      ["td", "12/31/24"],
      ["qn", value],
    ]),
  meaning: ({ id, assay, value }) => [
    {
      event: "result",
      sample: id.trim() || null,
      assay: assay.trim() || null,
      value: value.trim() || null,
      unit: null,
      instrumentVerdict: "none",
      at: "2024-12-31T23:59:00",
    },
  ],
});

const decode = (...pieces: readonly Uint8Array[]): DeviceEvent[] => {
  const decoder = miniVidas.createDecoder();
  return [...pieces.flatMap((piece) => decoder.push(piece)), ...decoder.end()];
};

describe("mini-vidas traps", () => {
  it.each([
    ["Positif", "positive"],
    ["Positive", "positive"],
    ["Négatif", "negative"],
    ["Negative", "negative"],
    ["Equivocal", "suspect"],
    ["Douteux", "suspect"],
    ["Invalid", "invalid"],
    ["?", "none"],
  ])("reads %s as %s", (said, instrumentVerdict) => {
    expect(decode(encodeVidasMessage([["ql", said]]))).toMatchObject([{ value: said, instrumentVerdict }]);
  });

  it("never reads a result from a message with one damaged bit", () => {
    const whole = encodeVidasMessage([
      ["ci", "A"],
      ["qn", "1"],
    ]);
    for (let at = 1; at < whole.length - 1; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const damaged = whole.map((byte, index) => (index === at ? byte ^ (1 << bit) : byte));
        const heard = decode(damaged).filter((event) => event.event === "result");
        // A digit of the checksum in the other case is the same digit.
        expect(heard.every(({ value, sample }) => value === "1" && sample === "A" && at > whole.length - 4)).toBe(true);
      }
    }
  });

  it("takes two hexadecimal digits for the checksum and nothing that merely begins with one", () => {
    const fields = Array.from({ length: 256 }, (_, index) => encodeVidasMessage([["qn", index.toString()]]));
    const low = fields.find((message) => message.at(-3) === 0x30) ?? new Uint8Array(0);
    const digit = low.at(-2) ?? 0;
    const lax = concat(low.subarray(0, -3), Uint8Array.of(digit, 0x78, 0x0a));
    expect(decode(lax).map((event) => event.event === "discarded" && event.reason)).toEqual(["bad-checksum"]);
  });

  it("ends with LF, CR LF, ETX or nothing", () => {
    const bare = encodeVidasMessage([["qn", "1"]]).subarray(0, -1);
    for (const ending of [[0x0a], [0x0d, 0x0a], [0x03], []]) {
      expect(decode(concat(bare, Uint8Array.from(ending)), bare).map(({ event }) => event)).toEqual([
        "result",
        "result",
      ]);
    }
  });
});
