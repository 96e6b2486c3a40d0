import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { DiskHistory } from "./disk-history.ts";
import { writeDiskImage } from "./disk-image.ts";
import { parseSystemCalls } from "./system-calls.ts";

const scratch = mkdtempSync(join(tmpdir(), "mingcheng-disk-image-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const hex = (text: string): string => [...Buffer.from(text)].map((octet) => `\\x${octet.toString(16)}`).join("");
const path = (name: string): string => `"${hex(`/d/${name}`)}"`;
const line = (second: number, call: string, took = "0.000100", thread = 7): string =>
  `${thread} ${1000 + second}.000000 ${call}${call.endsWith(">") ? "" : ` <${took}>`}`;

let images = 0;
const imageOf = (recording: readonly string[], atSecond: number, keep: number, random = () => 0.5): string => {
  const history = new DiskHistory("/d", { type: "directory", before: new Map(), changes: [] });
  history.replay(parseSystemCalls(recording.join("\n")));
  const target = join(scratch, String(images++));
  writeDiskImage(history.root, { atMs: (1000 + atSecond) * 1000, keep, random }, target);
  return target;
};

const created = [
  line(0, `openat(AT_FDCWD, "${hex("/d")}", O_RDONLY|O_CLOEXEC) = 9`),
  line(1, `openat(AT_FDCWD, ${path("a")}, O_RDWR|O_CREAT|O_CLOEXEC, 0600) = 10`),
];
const entrySynced = line(2, "fsync(9) = 0");

describe("the disk after a power cut", () => {
  it("keeps what was synced before the cut and nothing that began later", () => {
    const recording = [
      ...created,
      entrySynced,
      line(3, `pwrite64(10, "${hex("one")}", 3, 0) = 3`),
      line(4, "fdatasync(10) = 0"),
      line(5, `pwrite64(10, "${hex("two")}", 3, 3) = 3`),
      line(6, "fdatasync(10) = 0"),
    ];
    const contents = [3.5, 4.5, 5.5, 6.5].map((second) =>
      readFileSync(join(imageOf(recording, second, 0), "a"), "utf8"),
    );
    expect(contents).toEqual(["", "one", "one", "onetwo"]);
    expect(readFileSync(join(imageOf(recording, 5.5, 1), "a"), "utf8")).toBe("onetwo");
  });

  it("keeps the order of what happened where the machine's clock was set back in between", () => {
    const recording = [
      ...created,
      entrySynced,
      line(3, `pwrite64(10, "${hex("one")}", 3, 0) = 3`),
      line(4, "fdatasync(10) = 0"),
      line(-90, `pwrite64(10, "${hex("two")}", 3, 0) = 3`),
      line(-89, "fdatasync(10) = 0"),
    ];
    const contents = [3.5, 4, 5.5].map((second) => readFileSync(join(imageOf(recording, second, 0), "a"), "utf8"));
    expect(contents).toEqual(["", "", "two"]);
    expect(parseSystemCalls(recording.join("\n"), 2_000_000).map(({ startMs }) => startMs)).toEqual([
      ...[2_000_000, 2_001_000, 2_002_000, 2_003_000, 2_004_000, 2_004_000, 2_005_000],
    ]);
  });

  it("drops the name of a synced file whose directory was not synced", () => {
    const recording = [...created, line(3, `pwrite64(10, "${hex("one")}", 3, 0) = 3`), line(4, "fdatasync(10) = 0")];
    expect(existsSync(join(imageOf(recording, 5, 0), "a"))).toBe(false);
    expect(readFileSync(join(imageOf(recording, 5, 1), "a"), "utf8")).toBe("one");
  });

  it("tears unsynced writes at 512 octets", () => {
    const recording = [...created, entrySynced, line(3, `pwrite64(10, "${hex("x".repeat(1200))}", 1200, 100) = 1200`)];
    let draw = 0;
    const torn = readFileSync(
      join(
        imageOf(recording, 4, 0.5, () => [0.9, 0.1, 0.9][draw++] ?? 0),
        "a",
      ),
      "latin1",
    );
    expect(torn).toBe(`${"\0".repeat(512)}${"x".repeat(512)}`);
  });

  it("does not count a sync that began before the write had ended, nor one that had not ended at the cut", () => {
    const recording = [
      ...created,
      entrySynced,
      line(3, `pwrite64(10, "${hex("one")}", 3, 0 <unfinished ...>`),
      line(4, "fdatasync(10) = 0", "0.500000", 8),
      line(5, "<... pwrite64 resumed>) = 3 <2.000000>"),
      line(6, "fdatasync(10) = 0", "0.500000", 8),
    ];
    expect(readFileSync(join(imageOf(recording, 5.5, 0), "a"), "utf8")).toBe("");
    expect(readFileSync(join(imageOf(recording, 6.2, 0), "a"), "utf8")).toBe("");
    expect(readFileSync(join(imageOf(recording, 6.6, 0), "a"), "utf8")).toBe("one");
  });

  it("shows the old or the new file after a rename, never a mixture", () => {
    const recording = [
      ...created,
      line(2, `pwrite64(10, "${hex("old")}", 3, 0) = 3`),
      line(3, "fdatasync(10) = 0"),
      line(4, "fsync(9) = 0"),
      line(5, `openat(AT_FDCWD, ${path("b")}, O_RDWR|O_CREAT|O_TRUNC|O_CLOEXEC, 0600) = 11`),
      line(6, `write(11, "${hex("newer")}", 5) = 5`),
      line(7, "fdatasync(11) = 0"),
      line(8, `rename(${path("b")}, ${path("a")}) = 0`),
    ];
    expect(readFileSync(join(imageOf(recording, 9, 0), "a"), "utf8")).toBe("old");
    const kept = imageOf(recording, 9, 1);
    expect(readdirSync(kept)).toEqual(["a"]);
    expect(readFileSync(join(kept, "a"), "utf8")).toBe("newer");
  });

  it("refuses a recording with changes that it cannot replay", () => {
    expect(() => imageOf([...created, line(2, "io_uring_setup(8, {}) = 11")], 3, 0)).toThrow(/io_uring_setup/);
    const shared = "mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, 10, 0) = 0x7f0000000000";
    expect(() => imageOf([...created, line(2, shared)], 3, 0)).toThrow(/mmap/);
    expect(() => imageOf([...created, line(2, `write(10, "${hex("cut")}"..., 9999) = 9999`)], 3, 0)).toThrow(/cut/);
  });
});
