import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { LineOfGateway } from "@mingcheng/protocols";
import { afterEach, describe, expect, it } from "vitest";
import type { Outbox } from "../../src/outbox/outbox.ts";
import { FaultyFiles } from "./faulty-files.ts";
import { appendMany, cleanUp, freshDirectory, openTest } from "./test-outbox.ts";

afterEach(cleanUp);

const gen = "a".repeat(32);
const at = (day: number): { gen: string; at: string } => ({ gen, at: new Date(day * 86_400_000).toISOString() });
const all = () => "receipted" as const;
const segmentsIn = (dir: string): string[] =>
  readdirSync(dir)
    .filter((name) => name.endsWith(".seg"))
    .sort();

const filled = async (dir = freshDirectory(), files = new FaultyFiles()) => {
  const outbox = await openTest(dir, { files });
  await appendMany(outbox, 600, 800, 20);
  return { dir, files, outbox };
};

/** Largest seq of the running line that lies in one of the first `count` segments. */
const heldAfter = (outbox: Outbox): number => outbox.inventory().at(-1)?.held[0]?.from ?? 0;

describe("freeing", () => {
  it("keeps receipted records for the whole retention, by the centre's time", async () => {
    const { outbox } = await filled();
    expect(await outbox.free(all, at(100), false)).toEqual([]);
    expect(await outbox.free(all, at(129.9), false)).toEqual([]);
    const freed = await outbox.free(all, at(130), false);
    expect(freed.length).toBeGreaterThan(2);
    const last = freed.at(-1);
    expect(freed[0]).toMatchObject({ line: { ep: 1 }, from: 1, gen });
    expect(heldAfter(outbox)).toBe((last?.to ?? 0) + 1);
    // The end of a freed range can still be proven, and what follows it still be read.
    expect(await outbox.hashAt(outbox.line, last?.to ?? 0)).toBe(last?.h);
    const next = await outbox.read(outbox.line, (last?.to ?? 0) + 1, 601, { maxRecords: 1, maxBytes: 1 });
    expect(next.prev).toBe(last?.h);
  });

  it("starts the retention anew when a restored centre no longer has the records", async () => {
    const { outbox } = await filled();
    await outbox.free(all, at(100), false);
    expect(await outbox.free(() => "no", at(120), false)).toEqual([]);
    await outbox.free(all, at(121), false);
    expect(await outbox.free(all, at(140), false)).toEqual([]);
    expect((await outbox.free(all, at(151), false)).length).toBeGreaterThan(0);
  });

  it("remembers over a restart since when records are receipted", async () => {
    const { dir, outbox } = await filled();
    await outbox.free(all, at(100), false);
    await outbox.close();
    const again = await openTest(dir);
    expect((await again.free(all, at(130), false)).length).toBeGreaterThan(2);
  });

  it("never touches a segment with a record that is not receipted, nor the one in use", async () => {
    const { outbox } = await filled();
    const before = outbox.stats().segments;
    const butOne = (_line: LineOfGateway, from: number, to: number) => (from <= 50 && to >= 50 ? "no" : "receipted");
    await outbox.free(butOne, at(0), false);
    const freed = await outbox.free(butOne, at(400), false);
    expect(freed.every(({ from }) => from > 50)).toBe(true);
    expect(freed.some(({ to }) => to === 601)).toBe(false);
    expect(outbox.stats().segments).toBe(before - freed.length);
    expect((await outbox.read(outbox.line, 50, 50, { maxRecords: 1, maxBytes: 1 })).first).toBe(50);
  });

  it("frees one segment at a time under pressure: the oldest receipted one, disputed ones last", async () => {
    const { outbox } = await filled();
    const oldestDisputed = (_line: LineOfGateway, from: number) => (from === 1 ? "disputed" : "receipted");
    const [second, ...others] = await outbox.free(oldestDisputed, at(1), true);
    expect(others).toEqual([]);
    expect(second?.from).toBeGreaterThan(1);
    for (;;) {
      const [freed] = await outbox.free(oldestDisputed, at(1), true);
      if (freed?.from === 1 || freed === undefined) {
        expect(freed?.from).toBe(1);
        break;
      }
    }
    expect(await outbox.free(() => "no", at(1), true)).toEqual([]);
  });

  it("remembers what is freed, durably, before it removes the file", async () => {
    const { files, outbox } = await filled();
    files.operations.length = 0;
    await outbox.free(all, at(1), true);
    const names = files.operations.map(({ name, path }) => `${name} ${path.split("/").at(-1)}`);
    const removal = names.findIndex((text) => /^remove \d+\.seg$/.test(text));
    const remembered = names.indexOf("rename state.copy.json");
    const synced = names.indexOf("sync-directory outbox", remembered);
    expect(remembered).toBeGreaterThan(0);
    expect(synced).toBeGreaterThan(remembered);
    expect(removal).toBeGreaterThan(synced);
  });

  it("removes at the next open what it could not remove any more, and reports nothing as lost", async () => {
    const { dir, files, outbox } = await filled();
    files.onOperation = ({ name }) => (name === "remove" ? "EIO" : undefined);
    const oldest = segmentsIn(dir)[0] ?? "";
    await expect(outbox.free(all, at(1), true)).rejects.toThrow("EIO");
    await outbox.close();
    expect(existsSync(join(dir, oldest))).toBe(true);
    const again = await openTest(dir);
    expect(existsSync(join(dir, oldest))).toBe(false);
    expect(again.opening.losses).toEqual([]);
    expect(again.inventory()[0]?.freed).toMatchObject([{ from: 1, gen }]);
    expect(again.inventory()[0]?.lost).toEqual([]);
  });

  it("forgets nothing when the state cannot be written", async () => {
    const { dir, files, outbox } = await filled();
    const oldest = segmentsIn(dir)[0] ?? "";
    files.onOperation = ({ path }) => (path.includes("state") ? "EIO" : undefined);
    await expect(outbox.free(all, at(1), true)).rejects.toThrow("EIO");
    expect(existsSync(join(dir, oldest))).toBe(true);
    expect(outbox.inventory()[0]?.freed).toEqual([]);
    files.onOperation = () => undefined;
    expect((await outbox.free(all, at(1), true)).length).toBe(1);
  });
});
