import { existsSync } from "node:fs";
import { join } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import { afterEach, describe, expect, it } from "vitest";
import type { Outbox } from "../../src/outbox/outbox.ts";
import { FaultyFiles, type Operation, pretend } from "./faulty-files.ts";
import { ManualClock } from "./manual-clock.ts";
import { append, appendMany, cleanUp, freshDirectory, once, openTest, readAll } from "./test-outbox.ts";

afterEach(cleanUp);

const isSegment = ({ path }: Operation): boolean => /\.seg(\.tmp)?$/.test(path);
const writesFrames = (operation: Operation): boolean => isSegment(operation) && operation.name === "write";

/** Appends until the disk refuses; the refusal. */
const appendUntilRefused = async (outbox: Outbox, bytes = 2000): Promise<MingchengError> => {
  for (let index = 0; index < 2000; index++) {
    try {
      await append(outbox, `filler ${index}`, bytes);
    } catch (error) {
      if (error instanceof MingchengError) return error;
      throw error;
    }
  }
  throw new Error("the disk never refused");
};

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "no failure",
    (error: unknown) => (error instanceof MingchengError ? error.code : error),
  );

const setUp = async (more: { dir?: string; reserveBytes?: number } = {}) => {
  const files = new FaultyFiles();
  const clock = new ManualClock();
  const dir = more.dir ?? freshDirectory();
  const outbox = await openTest(dir, { files, clock, reserveBytes: more.reserveBytes ?? 0 });
  return { files, clock, dir, outbox };
};

/** Takes all room from the disk: nothing new, and nothing larger, can be written. */
const fill = (files: FaultyFiles): void => {
  files.free = 0;
  files.onOperation = ({ name, path }) => {
    const grows = name === "create" || (name === "write" && path.endsWith(".tmp"));
    return grows ? "ENOSPC" : undefined;
  };
};

const makeRoom = (files: FaultyFiles): void => {
  files.free = undefined;
  files.onOperation = () => undefined;
};

describe("a full disk", () => {
  it("fails the capture at once, announces it, and recovers by itself when space returns", async () => {
    const { files, clock, outbox } = await setUp();
    const { line } = outbox;
    await appendMany(outbox, 20);
    fill(files);
    const faulted = once(outbox.onFault.bind(outbox));
    const refusal = await appendUntilRefused(outbox);
    // No timer was needed: the clock has stood still.
    expect(clock.nowMs()).toBe(0);
    expect(refusal).toMatchObject({ code: "OUTBOX_FULL", retryable: true });
    expect(await faulted).toMatchObject({ state: "full" });
    expect(outbox.stats().health.state).toBe("full");
    expect(await failureOf(append(outbox, "refused at the door"))).toBe("OUTBOX_FULL");
    const durable = await readAll(outbox);

    clock.advance(1000);
    expect(outbox.stats().health.state).toBe("full");
    makeRoom(files);
    const recovered = once(outbox.onRecovered.bind(outbox));
    await turnUntil(recovered, clock);
    expect(outbox.stats().health.state).toBe("ok");
    expect(outbox.line.ep).toBeGreaterThan(line.ep);
    const gap = await append(outbox, "gap: what was not captured", 0, true);
    expect(gap).toMatchObject({ line: outbox.line, seq: 2 });
    const after = await readAll(outbox);
    for (const [key, text] of durable) expect(after.get(key)).toBe(text);
    expect(after.size).toBe(durable.size + 2);
  });

  it("opens on the reserve, so that the epoch and the gap record have a place", async () => {
    const { files, dir, outbox } = await setUp({ reserveBytes: 256 * 1024 });
    await untilReserve(outbox, dir);
    fill(files);
    // Small records leave less room in the last segment than an epoch record needs.
    await appendUntilRefused(outbox, 0);
    await outbox.close();
    const again = await openTest(dir, { files, reserveBytes: 256 * 1024 });
    expect(existsSync(join(dir, "reserve"))).toBe(false);
    expect(await append(again, "gap", 0, true)).toMatchObject({ line: again.line, seq: 2 });
    await again.close();
    makeRoom(files);
    const later = await openTest(dir, { files, reserveBytes: 256 * 1024 });
    expect(later.opening.losses).toEqual([]);
    await untilReserve(later, dir);
  });

  it("frees under pressure although the state file has no room: the reserve makes it", async () => {
    const { files, clock, dir, outbox } = await setUp({ reserveBytes: 256 * 1024 });
    await appendUntilSegments(outbox, 3);
    await untilReserve(outbox, dir);
    fill(files);
    await appendUntilRefused(outbox);
    const full = files.onOperation;
    files.onOperation = (operation) => {
      if (operation.name === "remove") makeRoom(files);
      return full(operation);
    };
    const freed = await outbox.free(() => "receipted", { gen: "g", at: clock.wall() }, true);
    expect(freed).not.toEqual([]);
    const recovered = once(outbox.onRecovered.bind(outbox));
    await turnUntil(recovered, clock);
    await append(outbox, "captured again");
    await outbox.close();
    const reopened = await openTest(dir);
    expect(reopened.opening.losses).toEqual([]);
  });
});

/** Lets time go on, a second at a turn, until `event` has happened. */
const turnUntil = async (event: Promise<unknown>, clock: ManualClock): Promise<void> => {
  let happened = false;
  void event.then(() => {
    happened = true;
  });
  const givenUpAtMs = performance.now() + 30_000;
  for (let turn = 0; !happened && performance.now() < givenUpAtMs; turn++) {
    clock.advance(turn % 50 === 0 ? 1000 : 0);
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (!happened) throw new Error("it never happened");
};

const appendUntilSegments = async (outbox: Outbox, segments: number): Promise<void> => {
  while (outbox.stats().segments < segments) await append(outbox, "filler", 4000);
};

/** The reserve is made in the background. */
const untilReserve = async (outbox: Outbox, dir: string): Promise<void> => {
  while (!existsSync(join(dir, "reserve")) || !outbox.stats().nextSegmentReady) {
    await new Promise((resolve) => setImmediate(resolve));
  }
};

describe.each([
  ["EIO", "OUTBOX_IO", "io-error"],
  ["EROFS", "OUTBOX_READ_ONLY", "read-only"],
  ["ENOSPC", "OUTBOX_FULL", "full"],
] as const)("a commit that fails with %s", (system, code, state) => {
  it.each(["before", "after"])(
    "%s its bytes are written: is refused, taken back, and never comes up again",
    async (when) => {
      const { files, clock, dir, outbox } = await setUp();
      await appendMany(outbox, 15);
      const acknowledged = await readAll(outbox);
      const { line } = outbox;
      const faulted = once(outbox.onFault.bind(outbox));
      files.onOperation = (operation) =>
        writesFrames(operation) ? (when === "after" ? `done:${system}` : system) : undefined;
      const failures = await Promise.all(["a", "b", "c"].map((text) => failureOf(append(outbox, text))));
      expect(failures).toEqual([code, code, code]);
      expect(await faulted).toMatchObject({ state });
      files.onOperation = () => undefined;
      await turnUntil(once(outbox.onRecovered.bind(outbox)), clock);
      expect(outbox.line.eid).not.toBe(line.eid);
      await append(outbox, "after");
      await outbox.close();

      const again = await openTest(dir);
      expect(again.opening.losses).toEqual([]);
      const found = await readAll(again);
      expect([...found.values()].filter((text) => /"text":"[abc]"/.test(text))).toEqual([]);
      for (const [key, text] of acknowledged) expect(found.get(key)).toBe(text);
      const epochs = [...found.values()]
        .filter((text) => text.includes('"epoch"'))
        .map((text) => JSON.parse(text).epoch);
      expect(epochs[1].predecessor).toMatchObject({ ep: line.ep, eid: line.eid, seq: 16 });
      expect(epochs[1].reason).toBe("salvage");
    },
  );
});

describe("taking back what failed", () => {
  it("is what keeps it from coming up again: it does when the disk only pretends to", async () => {
    const { files, clock, dir, outbox } = await setUp();
    await append(outbox, "kept");
    files.onOperation = (operation) => (writesFrames(operation) ? "done:EIO" : undefined);
    // More than the next line's first commit overwrites.
    await Promise.all(Array.from({ length: 5 }, () => failureOf(append(outbox, "ghost", 2000))));
    let takenBack = false;
    files.onOperation = (operation) => {
      if (takenBack || !writesFrames(operation) || operation.path.endsWith(".tmp")) return undefined;
      takenBack = true;
      return pretend;
    };
    await turnUntil(once(outbox.onRecovered.bind(outbox)), clock);
    await outbox.close();
    const found = await readAll(await openTest(dir));
    expect([...found.values()].some((text) => text.includes("ghost"))).toBe(true);
  });
});

describe("a place of the disk that cannot be written any more", () => {
  it("is remembered as void: what failed there does not come up at the next open", async () => {
    const { files, clock, dir, outbox } = await setUp();
    await append(outbox, "kept");
    const broken = files.operations.findLast(({ name, path }) => name === "write" && path.endsWith(".seg"))?.path;
    // The bytes arrive, but the disk says otherwise; afterwards the file refuses everything.
    let failed = false;
    files.onOperation = ({ name, path }) => {
      if (path !== broken || (name !== "write" && !failed)) return undefined;
      const verdict = failed ? "EIO" : "done:EIO";
      failed = true;
      return verdict;
    };
    expect(await failureOf(append(outbox, "ghost"))).toBe("OUTBOX_IO");
    await turnUntil(once(outbox.onRecovered.bind(outbox)), clock);
    await append(outbox, "after");
    await outbox.close();
    files.onOperation = () => undefined;
    const found = await readAll(await openTest(dir));
    expect([...found.values()].some((text) => text.includes("ghost"))).toBe(false);
    expect([...found.values()].filter((text) => /kept|after/.test(text))).toHaveLength(2);
  });
});

describe("a disk that stays bad", () => {
  it("names the last durable record as predecessor after many failed attempts, and remembers none of them", async () => {
    const { files, clock, outbox } = await setUp();
    const tip = await append(outbox, "tip");
    files.onOperation = (operation) => (writesFrames(operation) ? "EIO" : undefined);
    expect(await failureOf(append(outbox, "lost"))).toBe("OUTBOX_IO");
    const recovered = once(outbox.onRecovered.bind(outbox));
    let attempts = 0;
    files.onOperation = (operation) => {
      if (!writesFrames(operation)) return undefined;
      attempts++;
      return attempts > 40 ? undefined : "EIO";
    };
    await turnUntil(recovered, clock);
    const { records } = await outbox.read(outbox.line, 1, 1, { maxRecords: 1, maxBytes: 1 });
    const { epoch } = JSON.parse(Buffer.from(records[0] ?? []).toString());
    expect(epoch.predecessor).toEqual({ ep: tip.line.ep, eid: tip.line.eid, seq: tip.seq, h: tip.h });
    expect(outbox.inventory().map(({ ep }) => ep)).toEqual([tip.line.ep, outbox.line.ep]);
  });
});

describe("a disk that stalls", () => {
  it("lets captures wait up to a bound, refuses what comes beyond, and commits everything that waited", async () => {
    const { files, outbox } = await setUp();
    let release: () => void = () => undefined;
    const stall = new Promise<void>((resolve) => {
      release = resolve;
    });
    files.onOperation = (operation) => (writesFrames(operation) ? stall : undefined);
    const waiting = Array.from({ length: 400 }, (_, index) => failureOf(append(outbox, `${index}`, 50_000)));
    const bound = 8 * 1024 * 1024;
    expect(outbox.stats().pendingBytes).toBeGreaterThan(bound);
    expect(outbox.stats().pendingBytes).toBeLessThan(bound + 200 * 1024);
    release();
    const outcomes = await Promise.all(waiting);
    const captured = outcomes.filter((outcome) => outcome === "no failure").length;
    expect(outcomes.filter((outcome) => outcome === "OUTBOX_IO")).toHaveLength(400 - captured);
    expect(captured).toBeGreaterThan(150);
    expect(outbox.stats().pendingBytes).toBe(0);
    expect((await readAll(outbox)).size).toBe(captured + 1);
  });
});
