import { encodeTlIdentified, encodeTlRecord } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineTester } from "./define-simulator.ts";
import { type HeldResult, momentOf, type PolledModel, scaledValue, startPolledTester } from "./polled-tester.ts";
import { createRequestReader } from "./request-reader.ts";

/** Settings of a simulated TL-310. */
const tlSettingsSchema = z.strictObject({
  /** 0: GB/T 5009.199, over from 50 %; 1: NY/T 448, over from 70 %. */
  standard: z.union([z.literal(0), z.literal(1)]).default(0),
  channels: z.int().min(1).max(24).default(8),
});
type TlSettings = z.output<typeof tlSettingsSchema>;

const notAvailable = 0x7ffe;
/** Exactly the limit passes in this meter. */
const limitTenths = [500, 700];
const [over, pass] = [1, 2];

const createModel = ({ standard, channels }: TlSettings): PolledModel => {
  const requests = createRequestReader("tl-310");
  const recordsOf = (records: readonly HeldResult[]) =>
    records.map((held, index) => {
      const tenths = scaledValue(held.result.value, 1, notAvailable);
      const bytes = encodeTlRecord({
        total: records.length,
        record: index + 1,
        channel: 1 + ((held.number - 1) % channels),
        standard,
        at: momentOf(held.result.completedAt),
        test: held.number,
        tenths,
        verdict: tenths > (limitTenths[standard] ?? 0) ? over : pass,
      });
      return { bytes, results: [held] };
    });
  return {
    protocol: "tl-310",
    specimenOf: ({ number }) => number.toString(),
    hear: (bytes, memory) => {
      const asked = requests.read(bytes);
      return {
        said: asked.flatMap(({ meaning, detail }) => {
          if (meaning === "identify") return [{ bytes: encodeTlIdentified() }];
          return recordsOf(detail === "last" ? memory.slice(-1) : memory);
        }),
        begins: asked.some(({ meaning }) => meaning === "identify"),
      };
    },
    forget: () => requests.reset(),
  };
};

/** A pesticide meter with several channels and a verdict of its own. */
export const tl310Meter = defineTester({
  protocol: "tl-310",
  settingsSchema: tlSettingsSchema,
  start: (settings, parts) => startPolledTester(createModel(settings), parts),
});
