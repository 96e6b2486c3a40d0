import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { SeenMessages } from "./seen-messages.ts";
import { SeenTable } from "./seen-table.ts";

const dirs: string[] = [];
afterEach(async () => {
  for (const book of books.splice(0)) await book.close();
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});
const directory = (): string => {
  const dir = mkdtempSync(join(tmpdir(), "mingcheng-seen-"));
  dirs.push(dir);
  return dir;
};
const faults: unknown[] = [];
const books: SeenMessages[] = [];
const open = (dir: string, capacity?: number): SeenMessages => {
  const book = new SeenMessages(dir, (error) => faults.push(error), capacity);
  books.push(book);
  return book;
};
const ref = (id: string, content = "a") => ({ id, sha256: content.repeat(64) });

describe("messages that were seen", () => {
  it("are known with their content, by device, also in the next process", async () => {
    const dir = directory();
    const seen = open(dir);
    await seen.add("scale-1", ref("1"));
    await seen.add("scale-1", ref("2", "b"));
    const ask = async (book: SeenMessages) => [
      await book.find("scale-1", ref("1")),
      await book.find("scale-1", ref("2")),
      await book.find("scale-1", ref("3")),
      await book.find("scale-2", ref("1")),
    ];
    expect(await ask(seen)).toEqual(["same", "other", "new", "new"]);
    await seen.close();
    expect(await ask(open(dir))).toEqual(["same", "other", "new", "new"]);
  });

  it("are remembered as many as promised, and memory and files stay bounded", async () => {
    const dir = directory();
    let seen = open(dir, 100);
    for (let number = 0; number < 1_000; number++) {
      await seen.add("scale-1", ref(`n${number}`));
      if (number % 333 === 332) {
        await seen.close();
        seen = open(dir, 100);
      }
    }
    for (let number = 900; number < 1_000; number++) expect(await seen.find("scale-1", ref(`n${number}`))).toBe("same");
    expect(await seen.find("scale-1", ref("n1"))).toBe("new");
    await seen.close();
    for (const name of ["scale-1.seen", "scale-1.seen.old"])
      expect(statSync(join(dir, name)).size).toBeLessThanOrEqual(1_600);
    expect(faults).toEqual([]);
  });

  it("survive a write that was cut off, and zeros that a power cut left", async () => {
    const dir = directory();
    const seen = open(dir);
    await seen.add("scale-1", ref("1"));
    await seen.close();
    const path = join(dir, "scale-1.seen");
    appendFileSync(path, Buffer.alloc(16));
    appendFileSync(path, readFileSync(path).subarray(0, 7));
    const next = open(dir);
    expect(await next.find("scale-1", ref("1"))).toBe("same");
    await next.add("scale-1", ref("2"));
    await next.close();
    expect(await open(dir).find("scale-1", ref("2"))).toBe("same");
  });

  it("are nobody's guess when the file cannot be read", async () => {
    const dir = directory();
    const seen = open(join(dir, "file"));
    writeFileSync(join(dir, "file"), "no directory");
    await expect(seen.find("scale-1", ref("1"))).rejects.toMatchObject({ code: "ENOTDIR" });
    rmSync(join(dir, "file"));
    expect(await seen.find("scale-1", ref("1"))).toBe("new");
  });

  it("stand in a table that finds each of any ids, and none besides", () => {
    const ids = fc.uniqueArray(fc.bigInt(1n, 2n ** 64n - 1n), { maxLength: 600 });
    fc.assert(
      fc.property(ids, ids, (added, others) => {
        const table = new SeenTable();
        for (const id of added) table.add({ id, content: id ^ 7n });
        expect(table.size).toBe(added.length);
        for (const id of added) expect(table.find(id)).toBe(id ^ 7n);
        const known = new Set(added);
        for (const id of others) if (!known.has(id)) expect(table.find(id)).toBeUndefined();
      }),
      { numRuns: 30 },
    );
  });
});
