import { encodeLzCount, encodeLzIdentified, encodeLzRecord, type RequestEvent } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineTester } from "./define-simulator.ts";
import { gbBytes } from "./gb-text.ts";
import { type HeldResult, momentOf, type PolledModel, scaledValue, startPolledTester } from "./polled-tester.ts";
import { createRequestReader } from "./request-reader.ts";

/** Settings of a simulated LZ-4000T. */
const lzSettingsSchema = z.strictObject({
  /** Sends one start byte too many before every record, as some meters do. */
  doubledStart: z.boolean().default(false),
});

const notAvailable = 0x7ffe;
const nameBytes = 6;

const createModel = (doubledStart: boolean): PolledModel => {
  const requests = createRequestReader("lz-4000t");
  const recordsOf = (records: readonly HeldResult[]) =>
    records.map((held, index) => {
      const record = encodeLzRecord({
        total: records.length,
        index: index + 1,
        number: held.number,
        name: gbBytes(held.result.item, nameBytes),
        at: momentOf(held.result.completedAt),
        hundredths: scaledValue(held.result.value, 2, notAvailable),
      });
      return { bytes: doubledStart ? Uint8Array.from([0x7e, ...record]) : record, results: [held] };
    });
  const answer = ({ meaning, detail, raw }: RequestEvent, memory: readonly HeldResult[]) => {
    if (meaning === "identify") return [{ bytes: encodeLzIdentified() }];
    const day = (detail ?? "").replaceAll("-", "");
    const records = memory.filter(({ result }) => result.completedAt.startsWith(day));
    if (meaning === "read") return recordsOf(records);
    return [{ bytes: encodeLzCount([...raw.subarray(4, 7)], records.length) }];
  };
  return {
    protocol: "lz-4000t",
    specimenOf: ({ number }) => number.toString(),
    hear: (bytes, memory) => {
      const asked = requests.read(bytes);
      return {
        said: asked.flatMap((request) => answer(request, memory)),
        begins: asked.some(({ meaning }) => meaning === "identify"),
      };
    },
    forget: () => requests.reset(),
  };
};

/** A pesticide meter that keeps its results by day. */
export const lz4000tMeter = defineTester({
  protocol: "lz-4000t",
  settingsSchema: lzSettingsSchema,
  start: ({ doubledStart }, parts) => startPolledTester(createModel(doubledStart), parts),
});
