import {
  type DyMethod,
  encodeDyCount,
  encodeDyIdentified,
  encodeDyItem,
  encodeDyRecord,
  type RequestEvent,
} from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineTester } from "./define-simulator.ts";
import { gbBytes } from "./gb-text.ts";
import { type HeldResult, momentOf, type PolledModel, scaledValue, startPolledTester } from "./polled-tester.ts";
import { createRequestReader } from "./request-reader.ts";

/** Settings of a simulated DY-3000. */
const dySettingsSchema = z.strictObject({
  /** Name and unit of its only item, which it measures as inhibition. */
  item: z.string().default("农药残留"),
  unit: z.string().default("%"),
  channels: z.int().min(1).max(24).default(16),
});
type DySettings = z.output<typeof dySettingsSchema>;

const notAvailable = 0x7ffe;
const measured = 128;

const createModel = ({ item, unit, channels }: DySettings): PolledModel => {
  const requests = createRequestReader("dy-03ff");
  const channelOf = ({ number }: HeldResult): number => 1 + ((number - 1) % channels);
  const recordOf = (held: HeldResult, index: number) => ({
    bytes: encodeDyRecord({
      index,
      item: 0,
      at: momentOf(held.result.completedAt),
      channels: [{ channel: channelOf(held), flags: measured, bits: scaledValue(held.result.value, 1, notAvailable) }],
    }),
    results: [held],
  });
  const answer = ({ meaning, detail, raw }: RequestEvent, memory: readonly HeldResult[]) => {
    const [method = "wet", index = "0"] = (detail ?? "").split(" ");
    if (meaning === "identify") return [{ bytes: encodeDyIdentified() }];
    if (meaning === "items") {
      return [{ bytes: encodeDyItem(method as DyMethod, gbBytes(item, 16), gbBytes(unit, 8), 0) }];
    }
    const records = method === "wet" ? memory : [];
    if (meaning === "count") {
      return [{ bytes: encodeDyCount(method as DyMethod, raw.subarray(12), 0, records.length) }];
    }
    const held = records[Number(index)];
    return held === undefined ? [] : [recordOf(held, Number(index))];
  };
  return {
    protocol: "dy-03ff",
    specimenOf: (held) => channelOf(held).toString(),
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

/** A food analyser whose records are read one by one. */
export const dy03ffAnalyser = defineTester({
  protocol: "dy-03ff",
  settingsSchema: dySettingsSchema,
  start: (settings, parts) => startPolledTester(createModel(settings), parts),
});
