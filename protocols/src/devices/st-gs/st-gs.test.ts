import fc from "fast-check";
import { describeCodec } from "../../../test/codec-contract.ts";
import { picturedText, saidReading, weightText } from "../../../test/weights.ts";
import { stGs } from "./codec.ts";
import { encodeStGsLine } from "./encode.ts";

const modes = { GS: "gross", NT: "net", TR: "tare" } as const;

describeCodec(stGs, {
  confirms: (frame) =>
    /^([\d,]*(ST|US|OL|UL),(GS|NT|TR|G|N)[^A-Z].*|␁[+-][ \d.]{7}[A-Za-z ]{2}[01])[␍␊]+$/.test(picturedText(frame)),
  spec: fc.record({
    value: weightText(7, 4),
    unit: fc.constantFrom("kg", "g", "lb", "t"),
    status: fc.constantFrom("ST", "US", "OL", "UL"),
    mode: fc.constantFrom("GS", "NT", "TR"),
  }),
  encode: encodeStGsLine,
  meaning: ({ value, unit, status, mode }) => [
    status === "OL" || status === "UL"
      ? saidReading({
          mode: modes[mode],
          overload: status === "OL" && !value.startsWith("-"),
          underload: status === "UL" || value.startsWith("-"),
        })
      : saidReading({
          value,
          unit,
          mode: modes[mode],
          stable: status === "US" ? "reported-unstable" : "reported-stable",
          states: status === "US" ? ["motion"] : [],
        }),
  ],
});
