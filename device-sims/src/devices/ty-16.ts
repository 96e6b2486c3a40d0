import { encodeTyIdentified, encodeTyRecord } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineTester } from "./define-simulator.ts";
import { momentOf, startPolledTester } from "./polled-tester.ts";
import { createTyModel } from "./ty-meter.ts";

const channels = 8;
const channelOf = (number: number): number => 1 + ((number - 1) % channels);

/** A pesticide meter with eight channels; every result is a run of its own. */
export const ty16Meter = defineTester({
  protocol: "ty-16",
  settingsSchema: z.strictObject({}),
  start: (_settings, parts) =>
    startPolledTester(
      createTyModel({
        protocol: "ty-16",
        specimenOf: ({ number }) => channelOf(number).toString(),
        identified: encodeTyIdentified,
        ready: () => null,
        record: ({ number, result }, first) => {
          const values = Array.from({ length: channels }, (_, index) =>
            index + 1 === channelOf(number) ? Number(result.value) : null,
          );
          return encodeTyRecord({ first, at: momentOf(result.completedAt), values });
        },
      }),
      parts,
    ),
});
