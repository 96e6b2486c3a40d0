import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { madeFragments, withFfmpeg, withoutFfmpeg } from "../../../test/ffmpeg.ts";
import { ffmpegDecoder } from "../decode/decode-job.ts";
import { measurePicture } from "../health/picture-measure.ts";
import { ChannelStore } from "../recording/channel-store.ts";
import { exportClip } from "../recording/clip.ts";
import { Recorder } from "../recording/recorder.ts";
import { type StillRequest, StillStore } from "./still-store.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mc-stills-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const takenMs = Date.parse("2026-11-25T04:00:00Z");
const request: StillRequest = {
  ...{ id: "still-1", gw: "canteen-a", channel: "camera-1", zone: "cooking", by: "wang" },
  ...{ cause: { type: "alert", ref: "3c1f" }, takenMs, at: "2026-11-25T12:00:00.000+08:00", sync: "ntp" },
  ...{ errMs: 20, rtpTime: 123_456 },
};
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const frameOf = (source: string) => {
  const { begin, fragments } = madeFragments({ source, seconds: 1 });
  return { begin, fragment: fragments[0] ?? new Uint8Array() };
};
const probe = (path: string): string =>
  execFileSync("ffprobe", [
    ...[
      "-v",
      "error",
      "-count_frames",
      "-show_entries",
      "stream=codec_name,width,height,nb_read_frames:format=start_time",
    ],
    ...["-of", "csv=p=0", path],
  ]).toString();

describe("evidence pictures", () => {
  it.skipIf(withoutFfmpeg)(
    withFfmpeg("keep the untouched key frame, a JPEG of it, and why they were taken"),
    async () => {
      const store = new StillStore(folder, ffmpegDecoder());
      const frame = frameOf("testsrc2");
      const still = await store.keep(frame, request);
      expect(still.fault).toBeUndefined();
      for (const { name, bytes, sha256: digest } of still.files) {
        const content = readFileSync(join(still.folder, name));
        expect([content.length, sha256(content)]).toEqual([bytes, digest]);
      }
      expect(readFileSync(join(still.folder, "frame.mp4"))).toEqual(Buffer.concat([frame.begin, frame.fragment]));
      expect(probe(join(still.folder, "picture.jpg"))).toContain("mjpeg,640,360,1");
      const page = JSON.parse(readFileSync(join(still.folder, "still.json"), "utf8")) as object;
      expect(page).toMatchObject({ ...request, files: still.files.slice(0, 2) });
      expect(await store.keep(frameOf("smptebars"), request)).toEqual(still);
    },
  );

  it("keep the key frame when there is no decoder, and say so", async () => {
    const store = new StillStore(folder, ffmpegDecoder({ program: "no-such-decoder" }));
    const still = await store.keep({ begin: Buffer.from("begin"), fragment: Buffer.from("frame") }, request);
    expect(still.fault).toMatchObject({ code: "DECODER_MISSING" });
    expect(still.files.map(({ name }) => name)).toEqual(["frame.mp4", "still.json"]);
  });

  it("go when they are too old or too many, the oldest first; what is held stays", async () => {
    const store = new StillStore(folder, ffmpegDecoder({ program: "no-such-decoder" }));
    const frame = { begin: Buffer.alloc(10), fragment: Buffer.alloc(90) };
    for (const [id, days] of [
      ["a", 9],
      ["b", 8],
      ["c", 2],
      ["d", 1],
      ["e", 0],
    ] as const) {
      await store.keep(frame, { ...request, id, takenMs: takenMs - days * 86_400_000 });
    }
    const limits = { maxAgeMs: 7 * 86_400_000, maxBytes: 300 };
    const held = takenMs - 9 * 86_400_000;
    expect(await store.prune(takenMs, limits, (channel, ms) => channel === "camera-1" && ms === held)).toBe(2);
    const left = readdirSync(folder).flatMap((day) => readdirSync(join(folder, day)));
    expect(left).toEqual(["a", "d", "e"]);
  });
});

describe("decoding a picture", () => {
  it.skipIf(withoutFfmpeg)(withFfmpeg("tells black from a kitchen by one key frame"), async () => {
    const decoder = ffmpegDecoder();
    const [black, room] = await Promise.all([decoder.grey(frameOf("color=black")), decoder.grey(frameOf("testsrc2"))]);
    expect(measurePicture(black)).toMatchObject({ edgePercent: 0 });
    expect(measurePicture(black).meanBrightness).toBeLessThan(30);
    expect(measurePicture(room, room)).toMatchObject({ difference: 0 });
    expect(measurePicture(room).edgePercent).toBeGreaterThan(5);
  });

  it.skipIf(withoutFfmpeg)(withFfmpeg("refuses what is no picture, and a movie that names a file"), async () => {
    const decoder = ffmpegDecoder();
    const nothing = { begin: Buffer.from("no movie"), fragment: Buffer.alloc(2_000, 7) };
    await expect(decoder.jpeg(nothing)).rejects.toMatchObject({ code: "PICTURE_UNREADABLE" });
    const concat = { begin: Buffer.from("ffconcat version 1.0\nfile /etc/hostname\n"), fragment: Buffer.alloc(0) };
    await expect(decoder.jpeg(concat)).rejects.toMatchObject({ code: "PICTURE_UNREADABLE" });
  });

  it("ends a decoder that hangs", async () => {
    const decoder = ffmpegDecoder({ program: "yes", timeoutMs: 200 });
    const frame = { begin: Buffer.alloc(1), fragment: Buffer.alloc(1) };
    await expect(decoder.jpeg(frame)).rejects.toMatchObject({ code: "PICTURE_UNREADABLE" });
  });
});

describe("a recording", () => {
  it.skipIf(withoutFfmpeg)(
    withFfmpeg("plays in another program: each file, the file a crash cut off, and the clip"),
    async () => {
      const { begin, fragments } = madeFragments({ source: "testsrc2", seconds: 24 });
      const store = await ChannelStore.open(join(folder, "camera-1"));
      const nothing = (): undefined => undefined;
      const recorder = new Recorder({
        ...{ store, segmentMs: 10_000, refusal: nothing, onSegment: nothing, onGap: nothing, onFault: nothing },
      });
      for (const [index, bytes] of fragments.entries()) {
        const at = { wallMs: takenMs + index * 200, monoMs: index * 200 };
        recorder.take({ begin, bytes, key: index % 10 === 0, durationMs: 200, ...at });
      }
      await recorder.close();
      const segments = await store.segmentsOf("2026-11-25");
      const frames = segments.map((segment) => Number(/,(\d+)\n/.exec(probe(store.pathOf(segment)))?.[1]));
      expect(frames).toEqual([250, 250, 100]);
      const sign = async () => ({
        publicKey: new Uint8Array(32),
        keyLog: new Uint8Array(),
        signature: new Uint8Array(64),
      });
      const asked = { ...request, id: "clip-1", fromMs: takenMs, toMs: takenMs + 24_000 };
      const clip = await exportClip(store, join(folder, "clips"), asked, sign);
      const played = probe(join(clip.folder, "part-1.mp4"));
      expect(played).toContain("h264,640,360,600");
      expect(played).toContain("0.000000");
      expect(existsSync(join(folder, "clips", ".clip-1"))).toBe(false);
    },
  );
});
