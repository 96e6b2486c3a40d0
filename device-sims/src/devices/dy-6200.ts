import { encodeDy6200End, encodeDy6200Identified, encodeDy6200Record } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineTester } from "./define-simulator.ts";
import { type HeldResult, momentOf, type PolledModel, scaledValue, startPolledTester } from "./polled-tester.ts";
import { createRequestReader } from "./request-reader.ts";

/** Settings of a simulated DY-6200. */
const dy6200SettingsSchema = z.strictObject({
  /** 1 to 7: what it measures. */
  item: z.int().min(1).max(7).default(2),
  /** 1 pass, 2 fail, 3 suspect, 4 out of range. */
  verdict: z.int().min(1).max(4).default(1),
});
type Dy6200Settings = z.output<typeof dy6200SettingsSchema>;

const outOfRange = { hundredths: 0xffff, verdict: 4 };

const createModel = ({ item, verdict }: Dy6200Settings): PolledModel => {
  const requests = createRequestReader("dy-6200");
  const recordOf = (held: HeldResult) => {
    const hundredths = scaledValue(held.result.value, 2, outOfRange.hundredths);
    const said = hundredths === outOfRange.hundredths ? outOfRange : { hundredths, verdict };
    const at = momentOf(held.result.completedAt);
    return { bytes: encodeDy6200Record({ number: held.number, item, at, ...said }), results: [held] };
  };
  return {
    protocol: "dy-6200",
    specimenOf: ({ number }) => number.toString(),
    hear: (bytes, memory) => {
      const asked = requests.read(bytes);
      return {
        said: asked.flatMap(({ meaning, raw }) =>
          meaning === "identify"
            ? [{ bytes: encodeDy6200Identified(raw) }]
            : [...memory.map(recordOf), { bytes: encodeDy6200End() }],
        ),
        begins: asked.some(({ meaning }) => meaning === "identify"),
      };
    },
    forget: () => requests.reset(),
  };
};

/** A tester that gives its whole memory at once. */
export const dy6200Tester = defineTester({
  protocol: "dy-6200",
  settingsSchema: dy6200SettingsSchema,
  start: (settings, parts) => startPolledTester(createModel(settings), parts),
});
