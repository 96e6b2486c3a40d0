import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ViewingBook } from "../../src/market-screen/viewing-book.ts";

const said = (off: readonly string[]): Uint8Array => Buffer.from(JSON.stringify({ v: 1, type: "viewing", off }));

describe("what the centre switched off", () => {
  let directory: string;
  const faults: unknown[] = [];
  const open = (): Promise<ViewingBook> => ViewingBook.open(directory, (error) => faults.push(error));
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "mingcheng-viewing-"));
    faults.splice(0);
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("counts at once, says whether anything changed, and stays after a restart until it is said otherwise", async () => {
    const book = await open();
    expect(book.isOff("kitchen-1")).toBe(false);
    expect(book.take(said(["kitchen-1"]))).toBe(true);
    expect(book.isOff("kitchen-1")).toBe(true);
    expect(book.take(said(["kitchen-1"]))).toBe(false);
    await book.written();
    const after = await open();
    expect(after.isOff("kitchen-1")).toBe(true);
    expect(after.take(said(["kitchen-2"]))).toBe(true);
    expect([after.isOff("kitchen-1"), after.isOff("kitchen-2")]).toEqual([false, true]);
    expect(after.take(said([]))).toBe(true);
    await after.written();
    expect((await open()).isOff("kitchen-2")).toBe(false);
    expect(faults).toEqual([]);
  });

  it("passes over what is something else, and keeps what it knew", async () => {
    const book = await open();
    book.take(said(["kitchen-1"]));
    const others = ["", "{", '{"v":1,"type":"media","port":8444}', '{"v":2,"type":"viewing","off":[]}', '{"off":[]}'];
    for (const other of others) expect(book.take(Buffer.from(other)), other).toBe(false);
    expect(book.take(Buffer.alloc(70_000, " "))).toBe(false);
    expect(book.isOff("kitchen-1")).toBe(true);
    await book.written();
  });

  it("tells of a file that nobody understands, and goes on", async () => {
    writeFileSync(join(directory, "viewing.json"), "{");
    const book = await open();
    expect(faults).toHaveLength(1);
    expect(book.isOff("kitchen-1")).toBe(false);
    book.take(said(["kitchen-1"]));
    await book.written();
    expect(JSON.parse(readFileSync(join(directory, "viewing.json"), "utf8"))).toMatchObject({ off: ["kitchen-1"] });
  });
});
