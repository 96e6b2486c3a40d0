import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeCodec } from "../../../test/codec-contract.ts";
import { saidReading, weightText } from "../../../test/weights.ts";
import type { DeviceCodec } from "../device-event.ts";
import { defaultLineFormat, line, lineOf } from "./codec.ts";
import { encodeTextLine } from "./encode.ts";

const textOf = (frame: Uint8Array): string => String.fromCharCode(...frame);

describeCodec(line, {
  confirms: (frame) =>
    /^\s*[+-]?\s*\d+([.,]\d+)?\s*\S{0,8}\s*$/.test(textOf(frame)) ||
    /OL|OVER|UL|UNDER|[\x80-\xff]/i.test(textOf(frame)),
  vitalByte: 0,
  spec: fc.record({ value: weightText(6, 4), unit: fc.constantFrom("kg", "g", "lb", "t") }),
  encode: encodeTextLine,
  meaning: ({ value, unit }) => [saidReading({ value, unit })],
});

const said = (codec: DeviceCodec, ...bytes: readonly (string | readonly number[])[]) => {
  const decoder = codec.createDecoder();
  const whole = bytes.flatMap((part) =>
    typeof part === "string" ? Array.from(part, (char) => char.charCodeAt(0)) : part,
  );
  return [...decoder.push(Uint8Array.from(whole)), ...decoder.end()].map((event) =>
    event.event === "reading" ? [event.value, event.unit, event.mode, event.stable] : event.event,
  );
};

describe("line formats", () => {
  it("takes value, unit, mode and stability from where the format says", () => {
    const codec = lineOf({
      ...defaultLineFormat,
      pattern: "^(?<mode>NET|GROSS)\\s+(?<value>[\\d.]+)(?<unit>kg)",
      unstable: "MOTION",
    });
    expect(said(codec, "NET 1.250kg\r\nGROSS 2.0kg MOTION\r\n")).toEqual([
      ["1.250", "kg", "net", "reported-stable"],
      ["2.0", "kg", "gross", "reported-unstable"],
    ]);
  });

  it("reads GB18030 and CP437 per device", () => {
    const gbk = [0xb9, 0xab, 0xbd, 0xef];
    expect(said(lineOf({ ...defaultLineFormat, encoding: "gb18030" }), " 1.25", gbk, "\r\n")).toEqual([
      ["1.25", "kg", "unknown", "unknown"],
    ]);
    const degrees = lineOf({ ...defaultLineFormat, encoding: "cp437", pattern: "(?<value>[\\d.]+) °C" });
    expect(said(degrees, "T 21.5 ", [0xf8], "C\r\n")).toEqual([["21.5", null, "unknown", "unknown"]]);
  });

  it("takes a comma for the decimal point only when told so", () => {
    expect(said(line, " 1,25 kg\r\n")).toEqual(["discarded"]);
    const comma = lineOf({ ...defaultLineFormat, decimalComma: true });
    expect(said(comma, " 1,25 kg\r\n")).toEqual([["1.25", "kg", "unknown", "unknown"]]);
    expect(said(comma, " 1.25 kg\r\n")).toEqual(["discarded"]);
  });
});
