import { appendFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type FsckAnswer, type FsckOptions, runFsck } from "../../src/commands/fsck.ts";
import { contentsOf, inflict, snapshot } from "./directory.ts";
import { parseSegments } from "./segment-parser.ts";
import { append, appendMany, cleanUp, freshDirectory, openTest, readAll } from "./test-outbox.ts";

afterEach(cleanUp);

const fsckText = async (options: FsckOptions, language: "zh" | "en" = "en") => {
  const lines: string[] = [];
  const code = await runFsck(options, language, (line) => lines.push(line));
  return { code, lines, text: lines.join("\n") };
};

const fsck = async (outbox: string, options: Partial<FsckOptions> = {}) => {
  const { code, text } = await fsckText({ data: dirname(outbox), json: true, ...options });
  return { code, answer: JSON.parse(text) as FsckAnswer };
};

/** A data directory with an outbox of two lines, as a kill leaves it. */
const killed = async () => {
  const original = freshDirectory();
  const first = await openTest(original);
  await appendMany(first, 200);
  await first.close();
  const second = await openTest(original);
  await appendMany(second, 180);
  await second.free(() => "receipted", { gen: "g", at: "2026-11-24T00:00:00Z" }, true);
  const dir = join(freshDirectory(), "data", "outbox");
  snapshot(original, dir);
  await second.close();
  return dir;
};

/** Hits the sixth record of the oldest or newest segment, or of both. */
const hitRecords = (dir: string, ...which: ("oldest" | "newest")[]) => {
  const used = parseSegments(dir).filter(({ frames }) => frames.length > 0);
  return which.map((each) => {
    const parsed = used.at(each === "oldest" ? 0 : -1);
    const record = parsed?.frames.filter(({ type }) => type === "record")[5];
    if (parsed === undefined || record === undefined) throw new Error("there is no such record");
    inflict(dir, { file: parsed.name, at: record.from + 90, kind: "flip", bits: 4 });
    return { file: parsed.name, seq: record.seq, eid: record.eid };
  });
};

describe("fsck", () => {
  it("changes nothing, and finds nothing wrong with what a kill has left", async () => {
    const dir = await killed();
    writeFileSync(join(dir, "0000000009.seg.tmp"), "half");
    const newest = parseSegments(dir).findLast(({ frames }) => frames.length > 0);
    inflict(dir, { file: newest?.name ?? "", at: (newest?.frames.at(-1)?.to ?? 0) + 40, kind: "flip", bits: 255 });
    const before = contentsOf(dir);
    const { code, answer } = await fsck(dir);
    expect(contentsOf(dir)).toEqual(before);
    expect(code).toBe(0);
    expect(answer).toMatchObject({ intact: true, inUse: false, repaired: false, gw: "market-test" });
    expect(answer.leftovers).toEqual([
      { file: "0000000009.seg.tmp", kind: "temporary" },
      { file: newest?.name, kind: "torn" },
    ]);
    const [one, two] = answer.lines;
    expect(one?.held).toEqual([[(one?.freed[0]?.[1] ?? 0) + 1, 201]]);
    expect(two).toMatchObject({ head: 181, held: [[1, 181]], freed: [], lost: [] });
    expect(answer.records).toBe(201 + 181 - (one?.freed[0]?.[1] ?? 0));
  });

  it("names file, bytes and records of damage, in the newest segment too", async () => {
    const dir = await killed();
    const hit = hitRecords(dir, "oldest", "newest");
    const { code, answer } = await fsck(dir);
    expect(code).toBe(1);
    expect(answer.intact).toBe(false);
    expect(answer.losses.map(({ eid, from, to }) => ({ eid, from, to }))).toEqual(
      hit.map(({ eid, seq }) => ({ eid, from: seq, to: seq })),
    );
    expect(answer.damage.map(({ file, kind }) => ({ file, kind }))).toEqual(
      hit.map(({ file }) => ({ file, kind: "frames" })),
    );
  });

  it("says what to do next, in both languages", async () => {
    const dir = await killed();
    const data = dirname(dir);
    expect((await fsckText({ data }, "en")).lines.at(-1)).toBe("Intact, nothing to do");
    expect((await fsckText({ data }, "zh")).lines.at(-1)).toBe("完好，无需处理");
    const [hit] = hitRecords(dir, "oldest");
    const { code, text } = await fsckText({ data }, "en");
    expect(code).toBe(1);
    expect(text).toMatch(/bytes \d+-\d+ cannot be read/);
    expect(text).toContain(`lost ${hit?.seq}`);
    expect(text).toMatch(/Next: .*gap records.*fsck --repair$/);
    expect((await fsckText({ data }, "zh")).text).toMatch(/下一步：.*gap 记录.*fsck --repair$/);
  });

  it.each([
    ["a record of a closed segment", (dir: string) => void hitRecords(dir, "oldest")],
    ["a record of the newest segment", (dir: string) => void hitRecords(dir, "newest")],
    ["the newest segment cut", (dir: string) => cutNewest(dir)],
    ["a header", (dir: string) => inflict(dir, { file: firstSegment(dir), at: 30, kind: "flip", bits: 1 })],
    ["a state file", (dir: string) => appendFileSync(join(dir, "state.json"), "x")],
  ])("repairs %s: the next start reports what is lost, once, and keeps the rest", async (_what, damage) => {
    const dir = await killed();
    damage(dir);
    const before = await fsck(dir);
    expect(before.code).toBe(1);
    const repaired = await fsck(dir, { repair: true });
    expect(repaired.code).toBe(0);
    expect(repaired.answer).toMatchObject({ repaired: true, intact: false, losses: before.answer.losses });
    const after = await fsck(dir);
    expect(after.answer).toMatchObject({ intact: true, damage: [], losses: [], records: before.answer.records });
    const outbox = await openTest(dir);
    const { losses, reason } = outbox.opening;
    expect(losses.map(({ line, ...loss }) => ({ ...line, ...loss }))).toEqual(before.answer.losses);
    expect(reason).toBe("start");
    expect((await readAll(outbox)).size).toBe(before.answer.records + 1);
    for (const { from } of losses) await append(outbox, `gap ${from}`);
    await outbox.close();
    const again = await openTest(dir);
    expect(again.opening.losses).toEqual([]);
  });

  it("reads along with a running gateway, and repairs nothing under it", async () => {
    const dir = join(freshDirectory(), "data", "outbox");
    const outbox = await openTest(dir);
    await appendMany(outbox, 300);
    const { code, answer } = await fsck(dir);
    expect({ code, inUse: answer.inUse }).toEqual({ code: 0, inUse: true });
    await expect(fsck(dir, { repair: true })).rejects.toMatchObject({ code: "OUTBOX_LOCKED" });
  });

  it("names the option when there is no outbox", async () => {
    const nowhere = runFsck({ data: "/nonexistent" }, "en", () => undefined);
    await expect(nowhere).rejects.toMatchObject({ code: "INPUT_INVALID", field: "--data" });
  });
});

const firstSegment = (dir: string): string => parseSegments(dir)[0]?.name ?? "";

const cutNewest = (dir: string): void => {
  const newest = parseSegments(dir).findLast(({ frames }) => frames.length > 0);
  inflict(dir, { file: newest?.name ?? "", at: (newest?.frames.at(-9)?.to ?? 0) - 30, kind: "cut" });
};
