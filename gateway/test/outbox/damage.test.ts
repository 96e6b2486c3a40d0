import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Loss, Outbox } from "../../src/outbox/outbox.ts";
import { openOutbox } from "../../src/outbox/outbox.ts";
import { type Damage, inflict, snapshot } from "./directory.ts";
import { type ParsedSegment, parseSegments } from "./segment-parser.ts";
import { append, appendMany, cleanUp, freshDirectory, openTest, optionsFor, readAll } from "./test-outbox.ts";

/** Waits for the background work that was queued before. */
const settled = async (outbox: Outbox): Promise<void> => {
  await outbox.free(() => "no", { gen: "g", at: "2026-11-24T00:00:00Z" }, false);
};

/** One record of the undamaged directory. */
interface Known {
  readonly key: string;
  readonly text: string;
  readonly segment: string;
  readonly from: number;
  readonly to: number;
}

interface Original {
  readonly dir: string;
  readonly segments: readonly ParsedSegment[];
  /** In disk order. */
  readonly records: readonly Known[];
}

const originalOf = (dir: string): Original => {
  const segments = parseSegments(dir);
  const records = segments.flatMap(({ name, frames }) =>
    frames.flatMap(({ type, ep, eid, seq, payload, from, to }) =>
      type === "record" ? [{ key: `${ep}.${eid}.${seq}`, text: payload.toString(), segment: name, from, to }] : [],
    ),
  );
  return { dir, segments, records };
};

let killed: Original;
let closed: Original;

beforeAll(async () => {
  const dir = freshDirectory();
  const options = { segmentBytes: 128 * 1024, reserveBytes: 128 * 1024 };
  const first = await openTest(dir, options);
  await appendMany(first, 280);
  await first.free(() => "receipted", { gen: "g", at: "2026-11-24T00:00:00Z" }, true);
  await first.close();
  const second = await openTest(dir, options);
  await appendMany(second, 220, 500, 7);
  await settled(second);
  snapshot(dir, `${dir}-killed`);
  await second.close();
  snapshot(dir, `${dir}-closed`);
  killed = originalOf(`${dir}-killed`);
  closed = originalOf(`${dir}-closed`);
});
afterAll(cleanUp);

/** A small generator with a printed seed, so that a failing case can be run again (mulberry32). */
const randomFrom = (seed: number) => {
  let state = seed >>> 0;
  return (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const drawDamage = ({ dir, segments }: Original, random: () => number): Damage => {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const newest = segments.findLast(({ frames }) => frames.length > 0);
  const kind = random();
  const files = readdirSync(dir);
  const file = kind < 0.4 ? (newest?.name ?? "") : kind < 0.5 ? pick(["state.json", "state.copy.json"]) : pick(files);
  const { size } = statSync(join(dir, file));
  // Most of a segment may be unused: three of four hits go where frames are.
  const used = segments.find(({ name }) => name === file)?.frames.at(-1)?.to;
  const at = Math.floor(random() * (used !== undefined && random() < 0.75 ? used + 16 : size));
  return random() < 0.5 ? { file, at, kind: "cut" } : { file, at, kind: "flip", bits: 1 << Math.floor(random() * 8) };
};

/** The records that no longer stand in the file as they were written. */
const hitBy = (damage: Damage, { segment, from, to }: Known): boolean =>
  segment === damage.file && (damage.kind === "cut" ? to > damage.at : from <= damage.at && damage.at < to);

/** The records that the reported losses name; an open end reaches as far as the line ever did. */
const namedBy = (losses: readonly Loss[], { records }: Original): string[] =>
  records.flatMap(({ key }) => {
    const [ep, eid, seq] = key.split(".");
    const isNamed = losses.some(
      ({ line, from, to }) =>
        line.ep === Number(ep) && line.eid === eid && Number(seq) >= from && (to === null || Number(seq) <= to),
    );
    return isNamed ? [key] : [];
  });

const sorted = (entries: Iterable<readonly [string, string]>) => [...entries].sort(([a], [b]) => (a < b ? -1 : 1));

/** Damages a copy and opens it. `more` is done to the copy besides, and told to nobody. */
const checkCase = async (original: Original, damage: Damage, dir: string, more?: Damage): Promise<void> => {
  snapshot(original.dir, dir);
  for (const each of more === undefined ? [damage] : [more, damage]) inflict(dir, each);
  const lost = original.records.filter((record) => hitBy(damage, record));
  const intact = original.records.filter((record) => !hitBy(damage, record));
  const outbox = await openOutbox(optionsFor(dir, { reserveBytes: 128 * 1024 }));
  try {
    const { losses, predecessor } = outbox.opening;
    const isNew = ([key]: readonly [string, string]) => !key.startsWith(`${outbox.line.ep}.${outbox.line.eid}.`);
    const held = [...(await readAll(outbox))].filter(isNew);
    expect(sorted(held)).toEqual(sorted(intact.map(({ key, text }) => [key, text])));
    expect(namedBy(losses, original)).toEqual(lost.map(({ key }) => key));
    expect(outbox.line.ep).toBe(3);
    const last = intact.at(-1)?.key;
    expect(`${predecessor?.ep}.${predecessor?.eid}.${predecessor?.seq}`).toBe(last);
    for (const loss of losses) await append(outbox, `gap ${loss.from}`);
  } finally {
    await outbox.close();
  }
};

/** What was found once is not reported again, and what was kept is still there. */
const checkNextOpen = async ({ records }: Original, damage: Damage, dir: string): Promise<void> => {
  const outbox = await openOutbox(optionsFor(dir));
  const { losses } = outbox.opening;
  const stillThere = await readAll(outbox);
  await outbox.close();
  expect(losses).toEqual([]);
  for (const record of records) if (!hitBy(damage, record)) expect(stillThere.get(record.key)).toBe(record.text);
};

describe("a flipped byte or a cut file, anywhere", () => {
  it("keeps every intact record, reports exactly what is gone, opens a new epoch: 100 random cases", async () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    const random = randomFrom(seed);
    for (let index = 0; index < 100; index++) {
      const original = index % 2 === 0 ? killed : closed;
      const damage = drawDamage(original, random);
      const dir = `${freshDirectory()}-case`;
      try {
        await checkCase(original, damage, dir);
        if (index % 5 === 0) await checkNextOpen(original, damage, dir);
      } catch (cause) {
        throw new Error(`seed ${seed}, case ${index}: ${JSON.stringify(damage)}`, { cause });
      }
      rmSync(dir, { recursive: true });
    }
  });

  it("is noticed when a record goes that nobody knows of", async () => {
    const [record] = killed.records;
    const file = record?.segment ?? "";
    const told: Damage = { file, at: 64, kind: "flip", bits: 1 };
    const untold: Damage = { file, at: (record?.from ?? 0) + 40, kind: "flip", bits: 1 };
    await checkCase(killed, told, `${freshDirectory()}-case`);
    await expect(checkCase(killed, told, `${freshDirectory()}-case`, untold)).rejects.toThrow();
  });

  it("opens when the newest segment is deleted, and says from where on records are gone", async () => {
    const dir = `${freshDirectory()}-case`;
    snapshot(killed.dir, dir);
    const newest = killed.segments.findLast(({ frames }) => frames.length > 0);
    rmSync(join(dir, newest?.name ?? ""));
    const outbox = await openTest(dir);
    const lost = killed.records.filter(({ segment }) => segment === newest?.name).map(({ key }) => key);
    expect(lost.length).toBeGreaterThan(10);
    expect(namedBy(outbox.opening.losses, killed)).toEqual(lost);
    expect(outbox.opening.losses.map(({ to, reason }) => ({ to, reason }))).toEqual([{ to: null, reason: "cut" }]);
  });

  it("opens without both state files: nothing held is lost, what was freed is named with the losses", async () => {
    const dir = `${freshDirectory()}-case`;
    snapshot(killed.dir, dir);
    for (const name of ["state.json", "state.copy.json"]) writeFileSync(join(dir, name), "x");
    const outbox = await openTest(dir);
    const held = await readAll(outbox);
    for (const { key, text } of killed.records) expect(held.get(key)).toBe(text);
    expect(namedBy(outbox.opening.losses, killed)).toEqual([]);
    expect(outbox.line.ep).toBe(3);
  });
});

describe("an outbox directory replaced by an older copy", () => {
  it("opens as a new line whose predecessor is the copy's own tip, and reports no loss", async () => {
    const dir = freshDirectory();
    const original = await openTest(dir);
    await appendMany(original, 30);
    const tip = { ...original.line, seq: 31 };
    await settled(original);
    snapshot(dir, `${dir}-older`);
    await appendMany(original, 200);
    await original.close();
    rmSync(dir, { recursive: true });
    snapshot(`${dir}-older`, dir);
    const outbox = await openTest(dir);
    expect(outbox.opening).toMatchObject({ reason: "start", losses: [] });
    expect(outbox.opening.predecessor).toMatchObject({ ep: tip.ep, eid: tip.eid, seq: tip.seq });
    expect(await outbox.hashAt(tip, tip.seq)).toBe(outbox.opening.predecessor?.h);
    expect(outbox.line.ep).toBe(2);
    expect(outbox.line.eid).not.toBe(tip.eid);
  });
});
