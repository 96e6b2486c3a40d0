import { createHash, generateKeyPairSync, sign, verify } from "node:crypto";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ChannelStore } from "./channel-store.ts";
import { exportClip, signedMessage } from "./clip.ts";
import type { DeletedSegments } from "./deleter.ts";
import { type PlaybackPiece, playback } from "./playback.ts";
import { type RecordedFragment, Recorder } from "./recorder.ts";
import { Recordings, type RecordingsOptions } from "./recordings.ts";
import type { GapReason, RecordedGap } from "./segment.ts";
import { timelineOf } from "./timeline.ts";

const box = (type: string, ...content: Uint8Array[]): Uint8Array => {
  const size = 8 + content.reduce((sum, { length }) => sum + length, 0);
  return Buffer.concat([Buffer.from([size >>> 24, size >>> 16, size >>> 8, size]), Buffer.from(type), ...content]);
};
const numbers = (...values: number[]): Uint8Array => {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, index * 4);
  return bytes;
};

/** A beginning that says 90,000 units a second. */
const beginOf = (name: string): Uint8Array => {
  const mdhd = box("mdhd", numbers(0, 0, 0, 90_000, 0, 0));
  return Buffer.concat([box("ftyp", Buffer.from(name)), box("moov", box("trak", box("mdia", mdhd)))]);
};
const fragmentAt = (timeUnits: number, filling: number): Uint8Array =>
  Buffer.concat([
    box("moof", box("traf", box("tfdt", numbers(0, timeUnits)))),
    box("mdat", Buffer.alloc(2_000, filling)),
  ]);

const noonMs = Date.parse("2026-11-25T12:00:00Z");
const hourMs = 3_600_000;

/** A stream of 200 ms fragments, a key frame every two seconds. */
class Stream {
  wallMs = noonMs;
  monoMs = 50_000;
  begin = beginOf("one");
  #count = 0;

  next(): RecordedFragment {
    const bytes = fragmentAt(this.#count * 18_000, this.#count % 251);
    const fragment = { begin: this.begin, bytes, key: this.#count % 10 === 0, durationMs: 200 };
    const at = { wallMs: this.wallMs, monoMs: this.monoMs };
    this.#count++;
    this.wallMs += 200;
    this.monoMs += 200;
    return { ...fragment, ...at };
  }

  /** Nothing comes for so long; it goes on with a key frame. */
  pause(ms: number): void {
    this.wallMs += ms;
    this.monoMs += ms;
    this.#count += 10 - (this.#count % 10);
  }
}

let folder: string;
let gaps: RecordedGap[];
let faults: unknown[];
let refusal: GapReason | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mc-recording-"));
  gaps = [];
  faults = [];
  refusal = undefined;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const recorderOf = (store: ChannelStore): Recorder =>
  new Recorder({
    ...{ store, segmentMs: 10_000, refusal: () => refusal, onSegment: () => undefined },
    ...{ onGap: (gap) => gaps.push(gap), onFault: (error) => faults.push(error) },
  });

const run = (recorder: Recorder, stream: Stream, seconds: number): void => {
  for (let step = 0; step < seconds * 5; step++) recorder.take(stream.next());
};

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const day = "2026-11-25";
const movies = (channel = "."): string[] =>
  readdirSync(join(folder, channel, day))
    .filter((name) => name.endsWith(".mp4"))
    .sort();

describe("recording a channel", () => {
  it("cuts at key frames into files that play by themselves and are known by their digest", async () => {
    const store = await ChannelStore.open(folder);
    const recorder = recorderOf(store);
    run(recorder, new Stream(), 35);
    await recorder.close();
    const segments = await store.segmentsOf(day);
    expect(segments.map(({ durationMs }) => durationMs)).toEqual([10_000, 10_000, 10_000, 5_000]);
    expect(segments.map(({ startMs }) => startMs - noonMs)).toEqual([0, 10_000, 20_000, 30_000]);
    for (const segment of segments) {
      const file = readFileSync(store.pathOf(segment));
      expect(sha256(file)).toBe(segment.sha256);
      expect(file.length).toBe(segment.bytes);
      expect(file.subarray(0, segment.beginBytes)).toEqual(Buffer.from(beginOf("one")));
    }
    expect(gaps).toEqual([]);
    expect(faults).toEqual([]);
  });

  it("ends a file with the next key frame for whoever needs it whole", async () => {
    const store = await ChannelStore.open(folder);
    const recorder = recorderOf(store);
    const stream = new Stream();
    await recorder.cut();
    run(recorder, stream, 3);
    const whole = recorder.cut();
    run(recorder, stream, 3);
    await whole;
    await recorder.close();
    expect((await store.segmentsOf(day)).map(({ durationMs }) => durationMs)).toEqual([2_000, 4_000]);
    expect(gaps).toEqual([]);
  });

  it("says why nothing was recorded, and begins a new file when the size of the picture changes", async () => {
    const store = await ChannelStore.open(folder);
    const recorder = recorderOf(store);
    const stream = new Stream();
    run(recorder, stream, 4);
    recorder.explain("camera-disconnected", stream.wallMs);
    stream.pause(7 * 60_000);
    run(recorder, stream, 4);
    stream.begin = beginOf("two");
    run(recorder, stream, 4);
    await recorder.close();
    const [fromMs, toMs] = [noonMs + 4_000, noonMs + 4_000 + 7 * 60_000];
    expect(gaps).toEqual([{ fromMs, toMs, reason: "camera-disconnected" }]);
    const found = await store.between(noonMs - 60_000, noonMs + hourMs);
    expect(timelineOf(found.segments, found.gaps, { fromMs: noonMs, toMs: toMs + 8_000 })).toEqual([
      { type: "recorded", fromMs: noonMs, toMs: fromMs, segments: 1 },
      { type: "gap", fromMs, toMs, reason: "camera-disconnected" },
      { type: "recorded", fromMs: toMs, toMs: toMs + 8_000, segments: 2 },
    ]);
    expect(new Set(found.segments.map(({ beginSha256 }) => beginSha256)).size).toBe(2);
  });

  it("keeps what is whole of a file that a crash cut off anywhere, and names the time it was down", async () => {
    const store = await ChannelStore.open(folder);
    const recorder = recorderOf(store);
    run(recorder, new Stream(), 30);
    await recorder.close();
    const [first, second, third] = movies();
    const path = join(folder, day, third ?? "");
    const whole = readFileSync(path);
    const begin = beginOf("one").length;
    const pair = fragmentAt(0, 0).length;
    for (const cut of [whole.length - 1, begin + 3 * pair + 1_000, begin + pair, begin + pair - 1, begin, 5, 0]) {
      writeFileSync(path, whole);
      truncateSync(path, cut);
      // The index line is written after the file, so a file that was cut off has none.
      const index = join(folder, day, "index.jsonl");
      const lines = readFileSync(index, "utf8").split("\n");
      writeFileSync(index, lines.filter((line) => !line.includes(`"number":3,`)).join("\n"));
      const again = await ChannelStore.open(folder);
      const fragments = Math.max(0, Math.floor((cut - begin) / pair));
      const kept = (await again.segmentsOf(day)).find(({ number }) => number === 3);
      if (fragments === 0) {
        expect(kept, `cut at ${cut}`).toBeUndefined();
        expect(movies()).toEqual([first, second]);
      } else {
        const file = readFileSync(path);
        expect(file.length, `cut at ${cut}`).toBe(begin + fragments * pair);
        expect(kept).toMatchObject({ salvaged: true, sha256: sha256(file), beginBytes: begin });
        expect(kept?.durationMs).toBe(fragments === 1 ? 0 : fragments * 200);
      }
    }
    const back = await ChannelStore.open(folder);
    const next = recorderOf(back);
    const later = new Stream();
    later.pause(60_000);
    run(next, later, 2);
    await next.close();
    expect(gaps).toEqual([{ fromMs: noonMs + 20_000, toMs: noonMs + 60_000, reason: "gateway-down" }]);
  });

  it("mends an index whose end is torn or whose lines are damaged", async () => {
    const store = await ChannelStore.open(folder);
    const recorder = recorderOf(store);
    run(recorder, new Stream(), 30);
    await recorder.close();
    const before = await store.segmentsOf(day);
    const index = join(folder, day, "index.jsonl");
    appendFileSync(index, '{"type":"segment","numb');
    expect((await ChannelStore.open(folder)).bytes).toBe(store.bytes);
    writeFileSync(index, readFileSync(index, "utf8").replace('"number":2', '"number":-2'));
    const mended = await (await ChannelStore.open(folder)).segmentsOf(day);
    expect(mended.map(({ number, sha256: digest }) => [number, digest])).toEqual(
      before.map(({ number, sha256: digest }) => [number, digest]),
    );
  });

  it("goes on over a clock that jumps a day both ways: nothing is lost, the order stays", async () => {
    const store = await ChannelStore.open(folder);
    const recorder = recorderOf(store);
    const stream = new Stream();
    run(recorder, stream, 4);
    stream.wallMs += 24 * hourMs;
    run(recorder, stream, 4);
    stream.wallMs -= 48 * hourMs;
    run(recorder, stream, 4);
    await recorder.close();
    expect(store.days).toEqual(["2026-11-24", "2026-11-25", "2026-11-26"]);
    const all = (await Promise.all(store.days.map((one) => store.segmentsOf(one)))).flat();
    expect(all.map(({ number, durationMs }) => `${number}: ${durationMs}`).toSorted()).toEqual([
      "1: 4000",
      "2: 4000",
      "3: 4000",
    ]);
    expect(gaps.map(({ reason }) => reason)).toEqual(["clock-moved"]);
  });

  it("makes a gap, and no crash, of a disk that refuses, and goes on afterwards", async () => {
    const store = await ChannelStore.open(folder);
    const recorder = recorderOf(store);
    const stream = new Stream();
    run(recorder, stream, 4);
    await recorder.close();
    rmSync(folder, { recursive: true });
    writeFileSync(folder, "no folder here");
    run(recorder, stream, 4);
    await recorder.close();
    expect(faults.length).toBeGreaterThan(0);
    rmSync(folder);
    stream.pause(20_000);
    run(recorder, stream, 4);
    await recorder.close();
    expect(gaps.at(-1)).toMatchObject({ reason: "disk-error" });
    expect((await ChannelStore.open(folder)).bytes).toBeGreaterThan(0);
  });
});

describe("the ring over all channels", () => {
  let deleted: DeletedSegments[];
  let free: number;
  let nowMs: number;

  beforeEach(() => {
    deleted = [];
    free = 1e12;
    nowMs = noonMs;
  });

  const open = (rest: Partial<RecordingsOptions> = {}): Promise<Recordings> =>
    Recordings.open({
      ...{ folder, dataDirectory: folder, segmentMs: 10_000, maxBytes: 1e9, minFreeBytes: 1e6 },
      channels: [
        { id: "a", limits: { maxAgeMs: 2 * hourMs, maxBytes: null } },
        { id: "b", limits: { maxAgeMs: 24 * hourMs, maxBytes: null } },
      ],
      nowMs: () => nowMs,
      freeBytes: async () => free,
      onDeleted: async (one) => {
        deleted.push(one);
      },
      onGap: (_, gap) => gaps.push(gap),
      onFault: (_, error) => faults.push(error),
      ...rest,
    });

  const fill = async (recordings: Recordings, channel: string, minutes: number): Promise<void> => {
    const recorder = recordings.recorder(channel);
    const stream = new Stream();
    for (let minute = 0; minute < minutes; minute++) {
      run(recorder as Recorder, stream, 10);
      await recorder?.close();
      stream.pause(50_000);
    }
  };

  it("refuses the outbox's file system without a hard limit", async () => {
    await expect(open({ maxBytes: null })).rejects.toMatchObject({ code: "RECORDING_SHARES_DISK" });
  });

  it("deletes what is too old hour by hour, keeps what is held, and proves each deletion", async () => {
    const recordings = await open();
    await fill(recordings, "a", 30);
    const before = (await recordings.store("a")?.segmentsOf(day)) ?? [];
    await recordings.holds.place({
      ...{ id: "h1", channel: "a", fromMs: noonMs + 600_000, toMs: noonMs + 660_000, cause: "alert" },
      ...{ ref: "alert-1", by: "system", why: "", placedMs: noonMs, expiresMs: null },
    });
    nowMs = noonMs + 2 * hourMs + 59 * 60_000;
    await recordings.prune();
    expect(deleted).toEqual([]);
    nowMs = noonMs + 3 * hourMs;
    await recordings.prune();
    const gone = before.filter(({ startMs }) => startMs < noonMs + 590_000 || startMs >= noonMs + 660_000);
    expect(deleted).toEqual([
      {
        ...{ id: expect.stringMatching(/^[0-9a-f]{32}$/), channel: "a", cause: "age", count: gone.length },
        ...{ fromMs: noonMs, toMs: (gone.at(-1)?.startMs ?? 0) + 10_000 },
        bytes: gone.reduce((sum, { bytes }) => sum + bytes, 0),
        sha256: sha256(Buffer.from(gone.map((one) => `${one.sha256}\n`).join(""))),
      },
    ]);
    expect((await recordings.store("a")?.segmentsOf(day))?.map(({ startMs }) => startMs)).toEqual([noonMs + 600_000]);
    expect(movies("a")).toHaveLength(1);
    await recordings.holds.release("h1");
    await recordings.prune();
    expect(movies("a")).toEqual([]);
    expect(deleted).toHaveLength(2);
  });

  it("frees space from the oldest of all channels, then stops recording rather than fill the disk", async () => {
    const recordings = await open();
    await fill(recordings, "a", 5);
    await fill(recordings, "b", 5);
    const all = recordings.bytes;
    free = 1e6 - all / 2;
    await recordings.prune();
    expect(recordings.bytes).toBeLessThanOrEqual(all / 2);
    expect(deleted.map(({ cause }) => cause)).toEqual(["free-space", "free-space"]);
    expect(recordings.refusal).toBeUndefined();
    free = 0;
    await recordings.prune();
    expect(recordings.refusal).toBe("disk-full");
    expect(recordings.bytes).toBe(0);
  });

  it("says that holds fill the disk when nothing else can go", async () => {
    const recordings = await open();
    await fill(recordings, "a", 3);
    await recordings.holds.place({
      ...{ id: "h1", channel: "a", fromMs: 0, toMs: noonMs + hourMs, cause: "operator" },
      ...{ ref: "case-7", by: "wang", why: "", placedMs: noonMs, expiresMs: null },
    });
    free = 0;
    await recordings.prune();
    expect(recordings.refusal).toBe("holds-full");
    expect(deleted).toEqual([]);
  });

  it("ends a deletion that was cut off, and tells it under the same id", async () => {
    const recordings = await open({ onDeleted: () => Promise.reject(new Error("no power")) });
    await fill(recordings, "a", 3);
    nowMs = noonMs + 4 * hourMs;
    await expect(recordings.prune()).rejects.toThrow("no power");
    const told = JSON.parse(readFileSync(join(folder, "deleting.json"), "utf8")) as { intent: DeletedSegments };
    const again = await open();
    expect(deleted).toEqual([told.intent]);
    expect(again.store("a")?.bytes).toBe(0);
    expect(readdirSync(folder)).not.toContain("deleting.json");
  });

  it("never deletes while the list of holds cannot be read", async () => {
    writeFileSync(join(folder, "holds.json"), '{"v":1,"holds":[');
    await expect(open()).rejects.toMatchObject({ code: "RECORDING_HOLDS_DAMAGED" });
  });
});

describe("playback and clips", () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const rawKey = publicKey.export({ format: "der", type: "spki" }).subarray(12);
  const request = {
    ...{ id: "c1", gw: "canteen-a", channel: "camera-1", zone: "cooking", fromMs: noonMs + 3_000 },
    ...{ toMs: noonMs + 90_000, cause: { type: "test", ref: "lsn-9" }, by: "wang" },
    ...{ at: "2026-11-25T20:05:00.000+08:00", sync: "ntp" },
  };
  const signer = async (message: Uint8Array) => ({
    ...{ publicKey: rawKey, keyLog: new Uint8Array(), signature: sign(null, message, privateKey) },
  });

  const recorded = async (): Promise<ChannelStore> => {
    const store = await ChannelStore.open(join(folder, "camera-1"));
    const recorder = recorderOf(store);
    const stream = new Stream();
    run(recorder, stream, 20);
    recorder.explain("camera-stalled", stream.wallMs);
    stream.pause(30_000);
    run(recorder, stream, 10);
    stream.begin = beginOf("two");
    run(recorder, stream, 10);
    await recorder.close();
    return store;
  };

  it("plays by time: one beginning for each size, gaps where they are", async () => {
    const pieces: PlaybackPiece[] = [];
    for await (const piece of playback(await recorded(), request.fromMs, request.toMs)) pieces.push(piece);
    const told = pieces.map((piece) => (piece.type === "gap" ? [piece.reason, piece.fromMs - noonMs] : piece.type));
    expect(told).toEqual([
      ...["begin", "segment", "segment", ["camera-stalled", 20_000], "segment", "begin", "segment"],
      ["unknown", 70_000],
    ]);
  });

  it("exports movie files that go on from nought, with a manifest that the key signed", async () => {
    const clip = await exportClip(await recorded(), join(folder, "clips"), request, signer);
    expect(clip.files.map(({ name }) => name)).toEqual(["part-1.mp4", "part-2.mp4", "clip.json"]);
    for (const { name, bytes, sha256: digest } of clip.files) {
      const content = readFileSync(join(clip.folder, name));
      expect([content.length, sha256(content)]).toEqual([bytes, digest]);
    }
    const manifest = readFileSync(join(clip.folder, "clip.json"));
    const signed = JSON.parse(readFileSync(join(clip.folder, "clip.sig.json"), "utf8")) as { signature: string };
    const check = (of: Uint8Array): boolean =>
      verify(null, signedMessage(of), publicKey, Buffer.from(signed.signature, "base64"));
    expect(check(manifest)).toBe(true);
    expect(check(Buffer.concat([manifest, Buffer.from(" ")]))).toBe(false);
    const said = JSON.parse(manifest.toString()) as { gaps: unknown[]; segments: { sha256: string }[] };
    expect(said.gaps).toEqual([
      { from: "2026-11-25T12:00:20.000Z", until: "2026-11-25T12:00:50.000Z", reason: "camera-stalled" },
      { from: "2026-11-25T12:01:10.000Z", until: "2026-11-25T12:01:30.000Z", reason: "unknown" },
    ]);
    expect(said.segments).toHaveLength(4);
    const movie = readFileSync(join(clip.folder, "part-1.mp4"));
    const times: number[] = [];
    for (let at = movie.indexOf("tfdt"); at !== -1; at = movie.indexOf("tfdt", at + 4))
      times.push(movie.readUInt32BE(at + 8));
    expect(times[0]).toBe(0);
    expect(times.slice(0, 100)).toEqual(Array.from({ length: 100 }, (_, index) => index * 18_000));
    // The stream's own time stood still while it was stalled; the clip's goes on by the wall clock.
    expect(times[100]).toBe(50 * 90_000);
  });

  it("leaves nothing of an export that failed, and says when there is nothing to export", async () => {
    const store = await recorded();
    const failing = exportClip(store, join(folder, "clips"), request, () => Promise.reject(new Error("no key")));
    await expect(failing).rejects.toThrow("no key");
    const nothing = exportClip(store, join(folder, "clips"), { ...request, fromMs: 0, toMs: 1_000 }, signer);
    await expect(nothing).rejects.toMatchObject({ code: "RECORDING_NOT_FOUND" });
    expect(readdirSync(join(folder, "clips"))).toEqual([]);
  });
});

describe("a timeline", () => {
  it("accounts for every millisecond once, whatever was recorded", () => {
    const piece = fc.record({
      startMs: fc.integer({ min: 0, max: 1_000_000 }),
      durationMs: fc.integer({ min: 1, max: 60_000 }),
    });
    const gap = fc.record({
      fromMs: fc.integer({ min: 0, max: 1_000_000 }),
      toMs: fc.integer({ min: 0, max: 1_000_000 }),
    });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.array(gap, { maxLength: 10 }), (pieces, holes) => {
        const segments = pieces.map((one, number) => ({
          ...{ ...one, number, bytes: 1, sha256: "", beginBytes: 1, beginSha256: "", salvaged: false },
        }));
        const told = holes.map((one) => ({ ...one, reason: "gateway-down" as const }));
        const asked = { fromMs: 100_000, toMs: 900_000 };
        const stretches = timelineOf(segments, told, asked);
        let atMs = asked.fromMs;
        for (const { fromMs, toMs } of stretches) {
          expect(fromMs).toBe(atMs);
          expect(toMs).toBeGreaterThan(fromMs);
          atMs = toMs;
        }
        expect(atMs).toBe(asked.toMs);
        const covered = (ms: number): boolean =>
          pieces.some(({ startMs, durationMs }) => startMs <= ms && ms < startMs + durationMs);
        for (const { type, fromMs, toMs } of stretches) {
          if (type === "gap")
            for (const ms of [fromMs, (fromMs + toMs) >> 1, toMs - 1]) expect(covered(ms)).toBe(false);
        }
      }),
    );
  });
});
