import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeCodec } from "../../../test/codec-contract.ts";
import { saidReading, weightText } from "../../../test/weights.ts";
import { concat, fromHex } from "../../bytes/bytes.ts";
import { eventAsJson } from "../event-json.ts";
import { defaultModbusWeightMap, modbusWeight, modbusWeightOf } from "./codec.ts";
import { encodeModbusAnswer, modbusWords } from "./encode.ts";

const crcFits = (frame: Uint8Array): boolean => {
  // A message over TCP has no CRC; its form must be complete.
  if (frame[2] === 0 && frame[3] === 0 && frame[4] === 0 && frame.length === 6 + (frame[5] ?? 0)) return true;
  let crc = 0xffff;
  for (const byte of frame.subarray(0, -2)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return frame.at(-2) === (crc & 0xff) && frame.at(-1) === crc >> 8;
};

describeCodec(modbusWeight, {
  confirms: crcFits,
  spec: fc.record({ value: weightText(7, 4), motion: fc.boolean(), overload: fc.boolean() }),
  encode: ({ value, motion, overload }) => {
    const { status, weight } = modbusWords(value, { motion, overload });
    return concat(
      encodeModbusAnswer({ address: 1, words: [status] }),
      encodeModbusAnswer({ address: 1, words: weight }),
    );
  },
  meaning: ({ value, motion, overload }) => {
    const { status } = modbusWords(value, { motion, overload });
    const positive = /^-[0.]+$/.test(value) ? value.slice(1) : value;
    return [
      { event: "reply", meaning: "registers", detail: status.toString(16).padStart(4, "0") },
      saidReading({
        value: overload ? null : positive,
        stable: motion ? "reported-unstable" : "reported-stable",
        states: motion ? ["motion"] : [],
        overload,
      }),
    ];
  },
});

describe("modbus-weight with another map", () => {
  const eventsOf = (map: Parameters<typeof modbusWeightOf>[0], text: string) =>
    modbusWeightOf(map)
      .createDecoder()
      .push(fromHex(text.replaceAll(" ", "")) ?? new Uint8Array(0))
      .map((event) => eventAsJson(event));

  it("takes places, order of words and type from the map", () => {
    const map = { ...defaultModbusWeightMap, status: null, decimals: 2 };
    expect(eventsOf(map, "01 03 04 00 00 00 84 FA 50")).toMatchObject([{ event: "reading", value: "1.32" }]);
    const lowFirst = { ...map, weight: { ...map.weight, wordOrder: "low-first" as const } };
    expect(eventsOf(lowFirst, "01 03 04 00 00 00 84 FA 50")).toMatchObject([{ value: "86507.52" }]);
  });

  it("makes no weight of a float that is no number", () => {
    const map = {
      ...defaultModbusWeightMap,
      status: null,
      weight: { ...defaultModbusWeightMap.weight, type: "float32" as const },
    };
    const notANumber = encodeModbusAnswer({ address: 1, words: [0x7fc0, 0] });
    expect(modbusWeightOf(map).createDecoder().push(notANumber)).toMatchObject([{ event: "reply" }]);
    const half = encodeModbusAnswer({ address: 1, words: [0x3fc0, 0] });
    expect(
      modbusWeightOf({ ...map, decimals: 1 })
        .createDecoder()
        .push(half),
    ).toMatchObject([{ value: "1.5" }]);
  });
});
