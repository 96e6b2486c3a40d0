import { encodeZIdentified, encodeZReady, encodeZRecord } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineTester } from "./define-simulator.ts";
import { gbBytes } from "./gb-text.ts";
import { startPolledTester } from "./polled-tester.ts";
import { createTyModel } from "./ty-meter.ts";

const channels = 8;
const nameBytes = 15;
const [pass, over] = [1, 2];

const dateOf = (completedAt: string): string =>
  [completedAt.slice(0, 4), completedAt.slice(4, 6), completedAt.slice(6, 8)].join("-");

/** A pesticide meter with a verdict of its own; every result is a record with one used channel. */
export const z24Meter = defineTester({
  protocol: "z-24",
  settingsSchema: z.strictObject({}),
  start: (_settings, parts) =>
    startPolledTester(
      createTyModel({
        protocol: "z-24",
        specimenOf: ({ number }) => number.toString(),
        identified: encodeZIdentified,
        ready: encodeZReady,
        record: ({ number, result }) => {
          const block = (number - 1) % channels;
          const fraction = Number(result.value) / 100;
          const verdict = fraction < 0.5 ? pass : over;
          const used = { channel: 0x21 + block, number, name: gbBytes(result.item, nameBytes), fraction, verdict };
          const all = Array.from({ length: channels }, (_, index) => (index === block ? used : null));
          return encodeZRecord({ date: dateOf(result.completedAt), channels: all });
        },
      }),
      parts,
    ),
});
