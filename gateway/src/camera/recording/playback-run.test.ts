import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { box, fullBox, u32 } from "../media/boxes.ts";
import { movieBegin } from "../media/movie-begin.ts";
import { decodeTime } from "./boxes.ts";
import { ChannelStore } from "./channel-store.ts";
import { type PlaybackMessage, PlaybackRun } from "./playback-run.ts";
import { Recorder } from "./recorder.ts";

const startMs = Date.parse("2026-11-25T12:00:00Z");
const sps = Buffer.from("67420028965402802dc8", "hex");
const { bytes: begin } = movieBegin({ codec: "h264", vps: null, sps, pps: Buffer.from("68ce3c80", "hex") });

/** A fragment of one picture, 200 ms long, laid out as the relay does (ISO/IEC 14496-12 §8.8). */
const fragmentAt = (index: number, key: boolean): Uint8Array => {
  const tfdt = fullBox("tfdt", {}, u32(index * 18_000));
  const sample = [...u32(18_000), ...u32(2), ...u32(key ? 0x0200_0000 : 0x0101_0000), ...u32(0)];
  const trun = fullBox("trun", { version: 1, flags: 0xf01 }, [...u32(1), ...u32(0), ...sample]);
  return Buffer.concat([box("moof", box("traf", tfdt, trun)), box("mdat", [key ? 0x65 : 0x41, index & 255])]);
};

let folder: string;
let store: ChannelStore;
let nowMs: number;
let cut: () => Promise<void>;

const record = async (from: number, count: number, wallMs: number): Promise<void> => {
  const nothing = (): undefined => undefined;
  const recorder = new Recorder({
    ...{ store, segmentMs: 2_000, refusal: nothing, onSegment: nothing, onGap: nothing, onFault: nothing },
  });
  for (let index = 0; index < count; index++) {
    const key = index % 5 === 0;
    const at = { wallMs: wallMs + index * 200, monoMs: index * 200 };
    recorder.take({ begin, bytes: fragmentAt(from + index, key), key, durationMs: 200, ...at });
  }
  await recorder.close();
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "mc-playback-"));
  store = await ChannelStore.open(folder);
  nowMs = 0;
  cut = () => Promise.resolve();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Shown {
  readonly told: PlaybackMessage[];
  readonly begins: string[];
  readonly fragments: { wallMs: number; units: number; key: boolean; sentMs: number }[];
}

const play = async (fromMs: number, speed: 1 | 8, atMs = startMs + 3_600_000): Promise<Shown> => {
  const shown: Shown = { told: [], begins: [], fragments: [] };
  const run = new PlaybackRun(
    { store, silence: () => [], cut: () => cut() },
    { from: new Date(fromMs).toISOString(), speed },
    {
      tell: (message) => void shown.told.push(message),
      begin: ({ codec, widthPx }) => void shown.begins.push(`${codec} ${widthPx}`),
      fragment: ({ bytes, wallMs, key }) =>
        void shown.fragments.push({ wallMs, key, units: Number(decodeTime(bytes)), sentMs: nowMs }),
      waitingBytes: () => 0,
    },
    {
      nowMs: () => nowMs,
      wallMs: () => atMs,
      // Time goes on by what is waited for; a file that is being written is whole sooner.
      after: (delayMs, task) => {
        if (delayMs === 5_000) return () => undefined;
        nowMs += delayMs;
        queueMicrotask(task);
        return () => undefined;
      },
      onFault: (error) => {
        throw error;
      },
    },
  );
  await run.run();
  return shown;
};

describe("a recording that is played", () => {
  it("begins with the key frame before the moment, runs on over gaps, and says each of them", async () => {
    await record(0, 20, startMs);
    await record(7_000, 10, startMs + 60_000);
    const { told, begins, fragments } = await play(startMs + 1_500, 8);
    expect(begins).toEqual(["avc1.420028 1280"]);
    expect(fragments[0]).toMatchObject({ wallMs: startMs + 1_000, units: 0, key: true });
    expect(fragments.map(({ units }) => units)).toEqual(fragments.map((_, index) => index * 18_000));
    expect(fragments).toHaveLength(25);
    expect(fragments.at(-1)?.wallMs).toBe(startMs + 61_800);
    expect(told.map((message) => message.type)).toEqual(["timeline", "gap", "ended"]);
    expect(told[1]).toMatchObject({ from: "2026-11-25T12:00:04.000Z", until: "2026-11-25T12:01:00.000Z" });
    expect(told[2]).toMatchObject({ code: "RECORDING_ENDED" });
  });

  it("comes at its pace, two seconds ahead", async () => {
    await record(0, 50, startMs);
    const { fragments } = await play(startMs, 1);
    for (const { wallMs, sentMs } of fragments) expect(sentMs).toBe(Math.max(0, wallMs - startMs - 2_000));
    nowMs = 0;
    const quick = await play(startMs, 8);
    expect(Math.round(quick.fragments.at(-1)?.sentMs ?? 0)).toBe(Math.round((9_800 - 2_000) / 8));
  });

  it("ends the file that is being written for whoever asks for a moment of just now", async () => {
    await record(0, 10, startMs);
    cut = () => record(10, 10, startMs + 2_000);
    const { fragments, told } = await play(startMs + 3_000, 8);
    expect(fragments[0]?.wallMs).toBe(startMs + 3_000);
    expect(told.at(-1)).toMatchObject({ type: "ended", code: "RECORDING_ENDED" });
    // What is whole already is not waited for.
    cut = () => Promise.reject(new Error("asked for"));
    expect((await play(startMs, 8)).fragments).toHaveLength(20);
  });

  it("goes on where a camera was held up a little, and back only with the clock", async () => {
    await record(0, 10, startMs);
    await record(10, 10, startMs + 1_900);
    const { fragments } = await play(startMs, 8);
    const taken = fragments.map(({ wallMs }) => wallMs);
    expect(taken).toHaveLength(20);
    expect(taken).toEqual(taken.toSorted((a, b) => a - b));
  });

  it("says that there is nothing, and takes what comes for no gap", async () => {
    expect((await play(startMs, 1)).told.at(-1)).toMatchObject({ type: "ended", code: "RECORDING_NOT_FOUND" });
    await record(0, 10, startMs);
    const { told } = await play(startMs, 8, startMs + 7_200_000);
    expect(told.map(({ type }) => type)).toEqual(["timeline", "ended"]);
  });
});
