import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { decodeRecord, type MingchengRecord } from "@mingcheng/protocols";
import { afterEach, describe, expect, it } from "vitest";
import { Capture } from "../src/capture/capture.ts";
import { MissedFile } from "../src/capture/missed-file.ts";
import { Quarantine } from "../src/capture/quarantine.ts";
import { RecordBuilder } from "../src/capture/record-builder.ts";
import { nodeCrypto } from "../src/crypto/node-crypto.ts";
import type { Loss, Outbox } from "../src/outbox/outbox.ts";
import { FaultyFiles, type Operation } from "./outbox/faulty-files.ts";
import { cleanUp, freshDirectory, gateway, once, openTest, readAll, silentLog } from "./outbox/test-outbox.ts";
import { TestClock } from "./test-clock.ts";

const weighing = (value: string, raw: Uint8Array = Uint8Array.of(2, 0x2b)) =>
  ({
    kind: "weighing",
    body: {
      protocol: "mt-continuous",
      value,
      unit: "kg",
      grams: `${value}000`,
      mode: "net",
      stable: "reported-stable",
      tare: null,
      tareGrams: null,
      settling: { samples: 3, durationMs: 200, rule: "reported" },
    },
    raw,
  }) as const;

interface Bench {
  readonly capture: Capture;
  readonly outbox: Outbox;
  readonly clock: TestClock;
  readonly quarantineDir: string;
  /** Every record the outbox holds, in order. */
  readonly records: () => Promise<MingchengRecord[]>;
}

interface BenchOptions {
  readonly dir?: string;
  readonly files?: FaultyFiles;
  readonly losses?: readonly Loss[];
  readonly maxBytes?: number;
  readonly clock?: TestClock;
}

const captures: Capture[] = [];

/** Opens a gateway's capture over a real outbox, as `openCapture` does. */
const openBench = async (options: BenchOptions = {}): Promise<Bench> => {
  const { dir = freshDirectory(), files, losses, maxBytes = 1024 * 1024, clock = new TestClock() } = options;
  const random = (bytes: number) => randomBytes(bytes);
  const builder = new RecordBuilder(random);
  const opened = await openTest(dir, {
    clock,
    ...(files === undefined ? {} : { files }),
    buildEpoch: (line, body) => builder.epoch(line, body, clock.time()),
  });
  const opening = { ...opened.opening, losses: losses ?? opened.opening.losses };
  const outbox: Outbox = losses === undefined ? opened : Object.create(opened, { opening: { value: opening } });
  const quarantineDir = join(dirname(dir), "quarantine");
  const quarantine = new Quarantine(quarantineDir, maxBytes, random);
  const missedFile = new MissedFile(join(dirname(dir), "missed.slots"), nodeCrypto.sha256);
  const capture = new Capture({ outbox, builder, clock, quarantine, missedFile, log: silentLog });
  captures.push(capture);
  await quarantine.open();
  await capture.takeOver(await missedFile.open());
  return {
    capture,
    outbox,
    clock,
    quarantineDir,
    records: async () =>
      [...(await readAll(outbox)).values()].map((text) => {
        const decoded = decodeRecord(Buffer.from(text));
        if (!decoded.ok) throw new Error(decoded.reason);
        return decoded.record;
      }),
  };
};

const ofKind = (records: readonly MingchengRecord[], kind: string) => records.filter((record) => record.kind === kind);

const isData = ({ name, path }: Operation): boolean =>
  (name === "write" || name === "datasync") && path.endsWith(".seg");

/** Readings that are neither records nor counted in a gap: must be 0. */
const unexplained = (said: number, records: readonly MingchengRecord[]): number => {
  const gaps = ofKind(records, "gap").map(({ body }) => Number(body["count"] ?? 0));
  return said - ofKind(records, "weighing").length - gaps.reduce((total, count) => total + count, 0);
};

/** Every device's own count runs from 1 without a hole in every line. */
const holesInCounts = (records: readonly MingchengRecord[]): string[] => {
  const last = new Map<string, number>();
  return records.flatMap(({ ep, dev, n }) => {
    const key = `${ep} ${dev}`;
    const expected = (last.get(key) ?? 0) + 1;
    last.set(key, n);
    return n === expected ? [] : [`${key}: ${n} instead of ${expected}`];
  });
};

afterEach(async () => {
  for (const capture of captures.splice(0)) await capture.close();
  await cleanUp();
});

describe("capturing readings", () => {
  it("makes records with the device's own count, its bytes, the time and a salt", async () => {
    const { capture, records } = await openBench();
    await capture.capture("scale-1", weighing("1.5"));
    await Promise.all([capture.capture("scale-2", weighing("2.5")), capture.capture("scale-1", weighing("3.5"))]);
    const all = await records();
    const [epoch, first, second, third] = all;
    expect(epoch).toMatchObject({ kind: "epoch", dev: gateway, n: 1 });
    expect(first).toMatchObject({
      dev: "scale-1",
      n: 1,
      kind: "weighing",
      raw: "Ais=",
      t: { sync: "ntp", err_ms: 50 },
    });
    expect([second?.dev, second?.n, third?.dev, third?.n]).toEqual(["scale-2", 1, "scale-1", 2]);
    expect(new Set(all.map(({ salt }) => salt)).size).toBe(4);
    expect(capture.tally.read("scale-1")).toMatchObject({ captured: { weighing: 2 }, missed: 0 });
    expect(holesInCounts(all)).toEqual([]);
  });

  it("keeps a reading that is too large in quarantine with its bytes, and a gap names it", async () => {
    const { capture, records, quarantineDir } = await openBench();
    const raw = randomBytes(70_000);
    await capture.capture("tester-1", weighing("1.5", raw));
    await capture.capture("tester-1", weighing("2.5"));
    const all = await records();
    expect(ofKind(all, "gap").map(({ body }) => body)).toMatchObject([
      { scope: "device", reason: "too-large", device: "tester-1", count: 1 },
    ]);
    expect(holesInCounts(all)).toEqual([]);
    expect(unexplained(2, all)).toBe(0);
    const [name = ""] = readdirSync(quarantineDir);
    const kept = JSON.parse(readFileSync(join(quarantineDir, name), "utf8"));
    expect(kept).toMatchObject({ dev: "tester-1", reason: "too-large", kind: "weighing", body: { value: "1.5" } });
    expect(Buffer.from(kept.raw, "base64").equals(raw)).toBe(true);
    expect(capture.tally.read("tester-1").quarantined).toBe(1);
    expect(capture.stats().quarantine).toMatchObject({ files: 1, kept: 1 });
  });

  it("keeps a body that does not fit its schema in quarantine, naming the field", async () => {
    const { capture, records, quarantineDir } = await openBench();
    const draft = weighing("1.5");
    await capture.capture("scale-1", { ...draft, body: { ...draft.body, mode: "heavy" } });
    const [name = ""] = readdirSync(quarantineDir);
    const kept = JSON.parse(readFileSync(join(quarantineDir, name), "utf8"));
    expect(kept).toMatchObject({ reason: "invalid", detail: expect.stringContaining("body.mode") });
    expect(ofKind(await records(), "gap").map(({ body }) => body["reason"])).toEqual(["invalid"]);
  });

  it("bounds the quarantine: the oldest file goes, and that is counted", async () => {
    const { capture, quarantineDir, clock } = await openBench({ maxBytes: 220_000 });
    for (let reading = 0; reading < 5; reading++) {
      clock.advance(1000);
      await capture.capture("tester-1", weighing(`${reading}.5`, randomBytes(60_000)));
    }
    const values = readdirSync(quarantineDir).map((name) =>
      JSON.parse(readFileSync(join(quarantineDir, name), "utf8")),
    );
    expect(values.map(({ body }) => body.value)).toEqual(["3.5", "4.5"]);
    expect(capture.stats().quarantine).toMatchObject({ files: 2, kept: 5, deleted: 3 });
  });

  it("writes a gap for every loss found at open, right behind the epoch", async () => {
    const line = { ep: 1, eid: "a".repeat(32) };
    const losses: Loss[] = [
      { line, from: 5, to: 9, reason: "damaged" },
      { line, from: 20, to: null, reason: "cut" },
    ];
    const { capture, records } = await openBench({ losses });
    await capture.capture("scale-1", weighing("1.5"));
    const all = await records();
    expect(all.map(({ kind }) => kind)).toEqual(["epoch", "gap", "gap", "weighing"]);
    expect(ofKind(all, "gap").map(({ body }) => body)).toMatchObject([
      { scope: "line", reason: "damaged", line, from: 5, to: 9, count: 5 },
      { scope: "line", line, from: 20, to: null, count: null },
    ]);
  });

  it("recalls a device's last bodies over all lines, oldest first", async () => {
    const dir = freshDirectory();
    const before = await openBench({ dir });
    for (const value of ["1.5", "2.5", "3.5"]) await before.capture.capture("scale-1", weighing(value));
    await before.capture.close();
    await before.outbox.close();
    const { capture } = await openBench({ dir });
    await capture.capture("scale-2", weighing("9.5"));
    await capture.capture("scale-1", weighing("4.5"));
    const values = async (limit: number) =>
      (await capture.recall("scale-1", "weighing", limit)).map((body) => body["value"]);
    expect(await values(3)).toEqual(["2.5", "3.5", "4.5"]);
    expect(await values(100)).toEqual(["1.5", "2.5", "3.5", "4.5"]);
    expect(await capture.recall("scale-3", "weighing", 5)).toEqual([]);
    expect(await capture.recall("scale-1", "test", 5)).toEqual([]);
  });
});

describe("a disk that takes nothing", () => {
  /** A bench whose disk is full until it is told otherwise, with `readings` refused meanwhile. */
  const fillDisk = async (readings: number, dir = freshDirectory()) => {
    const files = new FaultyFiles();
    const bench = await openBench({ dir, files });
    await bench.capture.capture("scale-1", weighing("1.5"));
    files.onOperation = (operation) => (isData(operation) ? "ENOSPC" : undefined);
    for (let reading = 0; reading < readings; reading++) {
      const refused = bench.capture.capture(`scale-${1 + (reading % 2)}`, weighing("2.5"));
      await expect(refused).rejects.toMatchObject({ code: "OUTBOX_FULL", retryable: true });
      bench.clock.advance(100);
    }
    return { ...bench, files, dir };
  };

  it("refuses at once, and after recovery a gap says of every device what is missing", async () => {
    const { capture, outbox, clock, files, records } = await fillDisk(5);
    capture.record("device", { status: "silent", previous: null, reason: "nothing heard" }, "scale-1");
    const saidAt = clock.wall();
    const recovered = once(outbox.onRecovered.bind(outbox));
    files.onOperation = () => undefined;
    clock.advance(1000);
    await recovered;
    await capture.capture("scale-1", weighing("3.5"));
    await capture.close();
    const all = await records();
    const gaps = ofKind(all, "gap").map(({ body }) => body);
    expect(gaps).toMatchObject([
      { device: "scale-1", reason: "disk-full", count: 3, since: "2026-11-24T00:00:00.000Z" },
      { device: "scale-2", reason: "disk-full", count: 2, until: "2026-11-24T00:00:00.300Z" },
    ]);
    expect(unexplained(7, all)).toBe(0);
    // What the gateway says itself keeps its own time and waits.
    expect(ofKind(all, "device").map(({ t }) => t.wall)).toEqual([saidAt]);
    expect(holesInCounts(all)).toEqual([]);
    expect(new Set(all.map(({ ep }) => ep)).size).toBe(2);
    expect(capture.stats()).toMatchObject({ gapsWaiting: 0, recordsWaiting: 0 });
  });

  it("tells after a restart what the process before could not tell, once", async () => {
    const { capture, outbox, dir } = await fillDisk(4);
    await capture.close();
    await outbox.close();
    const slots = join(dirname(dir), "missed.slots");
    copyFileSync(slots, `${slots}.before`);
    const second = await openBench({ dir });
    expect(unexplained(5, await second.records())).toBe(0);
    await second.capture.close();
    await second.outbox.close();
    // Killed between the gap records and the note that they are written.
    copyFileSync(`${slots}.before`, slots);
    const third = await openBench({ dir });
    const all = await third.records();
    expect(ofKind(all, "gap").length).toBe(2);
    expect(unexplained(5, all)).toBe(0);
  });

  it("would be noticed if it forgot what it could not capture", async () => {
    const { capture, outbox, dir } = await fillDisk(4);
    await capture.close();
    await outbox.close();
    rmSync(join(dirname(dir), "missed.slots"));
    const forgetful = await openBench({ dir });
    expect(unexplained(5, await forgetful.records())).toBe(4);
  });

  it("finds the note before when the last one was torn", async () => {
    const dir = freshDirectory();
    mkdirSync(dirname(dir), { recursive: true });
    const path = join(dirname(dir), "missed.slots");
    const entry = { device: "scale-1", reason: "disk-full", count: 3, since: "a", until: "b" } as const;
    const writer = new MissedFile(path, nodeCrypto.sha256);
    await writer.open();
    await writer.save([entry]);
    await writer.save([entry, { ...entry, device: "scale-2" }]);
    await writer.close();
    const bytes = readFileSync(path);
    bytes.fill(0, 20, 60);
    writeFileSync(path, bytes);
    const reader = new MissedFile(path, nodeCrypto.sha256);
    expect(await reader.open()).toEqual([entry]);
    await reader.close();
  });
});
