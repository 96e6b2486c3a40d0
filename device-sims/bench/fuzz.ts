import { concat } from "@mingcheng/protocols";
import { bytesOf, type DeviceCodec, type DeviceEvent, deviceCodecs } from "@mingcheng/protocols/devices";
import { createRandom, type Random, seedOf } from "../src/random.ts";
import type { Bench, BenchOptions } from "./bench.ts";
import { fixtureInputs, goodFrames } from "./codecs-streams.ts";
import { checksumRules } from "./fuzz-checksums.ts";

/** What went wrong with one input. */
interface Failure {
  readonly family: string;
  readonly what: string;
  readonly input: Uint8Array;
}

const shownFailures = 5;
/** An input is a few hundred bytes: a decoder that thinks for so long, twice, hangs. */
const hangMs = 1000;

const randomBytes = (length: number, random: Random): Uint8Array =>
  Uint8Array.from({ length }, () => random.below(256));

/** One thing that happens to bytes on a bad line. */
const damaged = (bytes: Uint8Array, random: Random): Uint8Array => {
  const at = random.below(bytes.length + 1);
  const result = bytes.slice();
  switch (random.below(6)) {
    case 0:
      result[at % Math.max(1, bytes.length)] = (result[at % Math.max(1, bytes.length)] ?? 0) ^ (1 << random.below(8));
      return result;
    case 1:
      result[at % Math.max(1, bytes.length)] = random.below(256);
      return result;
    case 2:
      return concat(bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(9)));
    case 3:
      return concat(bytes.subarray(0, at), randomBytes(1 + random.below(9), random), bytes.subarray(at));
    case 4:
      return bytes.slice(0, at);
    default:
      return concat(bytes.subarray(at), bytes.subarray(0, at));
  }
};

/** Inputs from the family's own frames, damaged one to four times, and now and then plain noise. */
const createInputs = (codec: DeviceCodec, random: Random) => {
  const seeds = [...goodFrames(codec), ...fixtureInputs(codec.id).filter(({ length }) => length <= 512)];
  const pick = (): Uint8Array => seeds[random.below(seeds.length)] ?? new Uint8Array();
  return (): Uint8Array => {
    if (random.chance(0.1)) return randomBytes(random.below(64), random);
    let input = random.chance(0.3) ? concat(pick(), pick()) : pick();
    for (let times = 1 + random.below(4); times > 0; times--) input = damaged(input, random);
    return input;
  };
};

const believedRaw = (event: DeviceEvent): Uint8Array | null => {
  if (event.event === "frame") return event.checksumOk ? event.raw : null;
  const counts = event.event === "reading" || event.event === "result" || event.event === "sale";
  return counts && event.raw.length > 0 ? event.raw : null;
};

/** What is wrong with how the decoder took one input, cut at a random place; null when nothing is. */
const faultOf = (codec: DeviceCodec, input: Uint8Array, random: Random): string | null => {
  const decoder = codec.createDecoder();
  const cut = random.below(input.length + 1);
  const events: DeviceEvent[] = decoder.push(input.subarray(0, cut));
  if (decoder.pending().length > codec.maxPendingBytes) return "holds more bytes than it says";
  events.push(...decoder.push(input.subarray(cut)));
  if (decoder.pending().length > codec.maxPendingBytes) return "holds more bytes than it says";
  events.push(...decoder.end());
  let at = 0;
  for (const event of events)
    for (const byte of bytesOf(event)) if (byte !== input[at++]) return "bytes changed or moved";
  if (at !== input.length) return "bytes lost or used twice";
  const rule = checksumRules[codec.id];
  for (const event of events) {
    const raw = believedRaw(event);
    if (raw !== null && rule !== undefined && !rule(raw)) return "believes a frame whose checksum is wrong";
  }
  return null;
};

const timeOf = (work: () => unknown): number => {
  const startedMs = performance.now();
  work();
  return performance.now() - startedMs;
};

const fuzzFamily = (codec: DeviceCodec, inputs: number, failures: Failure[]): { slowestMs: number } => {
  const random = createRandom(seedOf(1, codec.id));
  const next = createInputs(codec, random);
  let slowestMs = 0;
  for (let count = 0; count < inputs; count++) {
    const input = next();
    const startedMs = performance.now();
    let what: string | null;
    try {
      what = faultOf(codec, input, random);
    } catch (error) {
      what = `throws ${String(error)}`;
    }
    let tookMs = performance.now() - startedMs;
    // The machine may have been busy with something else: a decoder that hangs does so again.
    if (tookMs > hangMs && what === null)
      tookMs = Math.min(
        tookMs,
        timeOf(() => faultOf(codec, input, random)),
      );
    slowestMs = Math.max(slowestMs, tookMs);
    if (tookMs > hangMs) what ??= `takes ${Math.round(tookMs)} ms`;
    if (what !== null) failures.push({ family: codec.id, what, input });
    if (failures.length > 1000) break;
  }
  return { slowestMs };
};

const heapMB = (): number => process.memoryUsage().heapUsed / 1e6;

const run = async ({ quick, args, report, progress }: BenchOptions): Promise<void> => {
  const inputs = Number(args["inputs"] ?? (quick ? 20_000 : 1_000_000));
  const wanted = args["family"];
  const codecs = deviceCodecs.filter(({ id }) => wanted === undefined || id === wanted);
  const failures: Failure[] = [];
  const startedMs = performance.now();
  const heapBefore = heapMB();
  for (const codec of codecs) {
    // A decoder that believes nothing of its own fixtures would pass everything.
    if (goodFrames(codec).length === 0) throw new Error(`${codec.id}: no good frame in its fixtures`);
    const beganMs = performance.now();
    const { slowestMs } = fuzzFamily(codec, inputs, failures);
    const seconds = (performance.now() - beganMs) / 1000;
    report({
      figure: "inputsPerSecond",
      value: inputs / seconds,
      unit: "inputs/s",
      n: inputs,
      seconds,
      variant: codec.id,
    });
    report({ figure: "slowestInputMs", value: slowestMs, unit: "ms", n: inputs, seconds, variant: codec.id });
  }
  for (const { family, what, input } of failures.slice(0, shownFailures)) {
    progress(`${family} ${what}: ${Buffer.from(input).toString("hex")}`);
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const n = inputs * codecs.length;
  report({ figure: "failures", value: failures.length, unit: "inputs", n, seconds });
  report({ figure: "heapGrowthMB", value: heapMB() - heapBefore, unit: "MB", n, seconds });
};

/** `--family <id>` tries one family, `--inputs <n>` another number. */
export const fuzzBench: Bench = {
  name: "fuzz",
  summary: "random and damaged inputs against every decoder: crashes, hangs, lost bytes, wrong checksums believed",
  run,
};
