import { type DeviceCodec, deviceCodecs } from "@mingcheng/protocols/devices";
import { createRandom } from "../src/random.ts";
import { type Bench, type BenchOptions, median } from "./bench.ts";
import { goodFrames, isBelieved, streamOf } from "./codecs-streams.ts";

/** 115200 baud with ten bits a byte, in bytes per second: the fastest setting in any family's manual. */
const fastestLine = 11_520;
/** Families whose manuals end at 9600 baud, or before (docs/devices names their settings). */
const slowLines: Readonly<Record<string, number>> = {
  "berkel-ecr": 960,
  dialog06: 960,
  dibal: 960,
  "dy-6200": 960,
  "mt-continuous": 960,
  nci: 960,
  "toledo-8217": 960,
  "yaohua-a9": 960,
  "yaohua-a12e": 960,
  "yaohua-command": 960,
  "yaohua-eq": 960,
  "yaohua-ww": 960,
};

const rounds = 5;

interface Rate {
  readonly bytesPerSecond: number;
  readonly framesPerSecond: number;
}

/** Decodes the stream once with a new decoder. Per second of processor time: what else the machine does counts little. */
const runOnce = (codec: DeviceCodec, pieces: readonly Uint8Array[], bytes: number): Rate => {
  const decoder = codec.createDecoder();
  let frames = 0;
  const before = process.cpuUsage();
  for (const piece of pieces) for (const event of decoder.push(piece)) if (isBelieved(event)) frames++;
  for (const event of decoder.end()) if (isBelieved(event)) frames++;
  const { user, system } = process.cpuUsage(before);
  const seconds = Math.max(1, user + system) / 1e6;
  return { bytesPerSecond: bytes / seconds, framesPerSecond: frames / seconds };
};

const measure = (codec: DeviceCodec, { quick, report }: BenchOptions): number => {
  const stream = streamOf(goodFrames(codec), quick ? 200_000 : 1_000_000, createRandom(1));
  const bytes = stream.reduce((sum, piece) => sum + piece.length, 0);
  const startedMs = performance.now();
  runOnce(codec, stream, bytes);
  const rates = Array.from({ length: rounds }, () => runOnce(codec, stream, bytes));
  const seconds = (performance.now() - startedMs) / 1000;
  const bytesPerSecond = median(rates.map((rate) => rate.bytesPerSecond));
  const common = { n: rounds, seconds, variant: codec.id };
  report({ figure: "decodedMBPerSecond", value: bytesPerSecond / 1e6, unit: "MB/s", ...common });
  const framesPerSecond = median(rates.map((rate) => rate.framesPerSecond));
  report({ figure: "decodedFramesPerSecond", value: framesPerSecond, unit: "frames/s", ...common });
  return bytesPerSecond;
};

/** Decodes good frames of every family, cut as a port hands them over, and compares the slowest with its line. */
export const codecsBench: Bench = {
  name: "codecs",
  summary: "MB/s and frames/s of every device family's decoder; the slowest beside its line",
  run: async (options) => {
    const startedMs = performance.now();
    const multiples = deviceCodecs.map((codec) => {
      const rate = measure(codec, options);
      const line = slowLines[codec.id] ?? fastestLine;
      return { id: codec.id, rate, line, multiple: rate / line };
    });
    const slowest = multiples.reduce((worst, one) => (one.multiple < worst.multiple ? one : worst));
    options.report({
      figure: "slowestLineRateMultiple",
      value: slowest.multiple,
      unit: "ratio",
      numerator: Math.round(slowest.rate),
      denominator: slowest.line,
      n: multiples.length,
      seconds: (performance.now() - startedMs) / 1000,
      variant: slowest.id,
    });
  },
};
