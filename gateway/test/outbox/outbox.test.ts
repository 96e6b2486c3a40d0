import { statSync } from "node:fs";
import { chainLink, chainStart, type LineOfGateway, maxRecordBytes, sealVerifies } from "@mingcheng/protocols";
import { afterEach, describe, expect, it } from "vitest";
import { nodeCrypto } from "../../src/crypto/node-crypto.ts";
import type { Commit } from "../../src/outbox/outbox.ts";
import { FaultyFiles } from "./faulty-files.ts";
import { parseSegments } from "./segment-parser.ts";
import {
  append,
  appendMany,
  cleanUp,
  freshDirectory,
  gateway,
  openTest,
  readAll,
  recordText,
  signer,
} from "./test-outbox.ts";

afterEach(cleanUp);

const limits = { maxRecords: 512, maxBytes: 256 * 1024 };
const texts = (records: readonly Uint8Array[]): string[] => records.map((bytes) => Buffer.from(bytes).toString());

describe("capturing", () => {
  it("numbers records in the order of the calls and commits what comes together in one go", async () => {
    const outbox = await openTest(freshDirectory());
    const commits: Commit[] = [];
    outbox.onCommit((commit) => commits.push(commit));
    const appended = await Promise.all([append(outbox, "a"), append(outbox, "b", 0, true), append(outbox, "c")]);
    expect(appended.map(({ seq }) => seq)).toEqual([2, 3, 4]);
    expect(commits).toHaveLength(1);
    expect(commits[0]).toMatchObject({ first: 2, last: 4, urgent: [3], h: appended[2]?.h, line: outbox.line });
    expect(outbox.stats()).toMatchObject({ bufferedRecords: 4, pendingBytes: 0, commits: 2 });
  });

  it("acknowledges only after one synchronous write of the commit's frames", async () => {
    const files = new FaultyFiles();
    const outbox = await openTest(freshDirectory(), { files });
    files.operations.length = 0;
    await append(outbox, "one");
    const onFrames = files.operations.filter(({ path }) => path.endsWith("0000000001.seg"));
    expect(onFrames.map(({ name, mode }) => [name, mode])).toEqual([["write", "commit"]]);
  });

  it("leaves no hole when a record cannot be built or is too large", async () => {
    const outbox = await openTest(freshDirectory());
    const failing = outbox.append(
      () => {
        throw new Error("no such reading");
      },
      { urgent: false },
    );
    const huge = outbox.append(() => new Uint8Array(maxRecordBytes + 1), { urgent: false });
    const largest = outbox.append(() => Buffer.alloc(maxRecordBytes, 32), { urgent: false });
    const next = append(outbox, "next");
    await expect(failing).rejects.toThrow("no such reading");
    await expect(huge).rejects.toMatchObject({ code: "RECORD_TOO_LARGE" });
    expect((await largest).seq).toBe(2);
    expect((await next).seq).toBe(3);
  });

  it("commits what was appended before close, and refuses what comes after", async () => {
    const dir = freshDirectory();
    const outbox = await openTest(dir);
    const last = append(outbox, "last words");
    await outbox.close();
    expect((await last).seq).toBe(2);
    await expect(append(outbox, "too late")).rejects.toMatchObject({ code: "OUTBOX_CLOSED" });
    await outbox.close();
    const found = await readAll(await openTest(dir));
    expect([...found.values()].filter((text) => text.includes("last words"))).toHaveLength(1);
  });

  it("keeps private what it writes", async () => {
    const dir = freshDirectory();
    await openTest(dir);
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    for (const { name } of parseSegments(dir)) expect(statSync(`${dir}/${name}`).mode & 0o777).toBe(0o600);
  });
});

describe("what is on disk", () => {
  it("is chained and sealed at every commit, as documented", async () => {
    const dir = freshDirectory();
    for (const _ of [1, 2]) {
      const outbox = await openTest(dir);
      await appendMany(outbox, 300, 700);
      await outbox.close();
    }
    const segments = parseSegments(dir);
    expect(segments.length).toBeGreaterThan(3);
    const { sha256 } = nodeCrypto;
    const heads = new Map<string, { seq: number; h: Uint8Array; sealed: number }>();
    for (const { gw, frames, size, statedSize } of segments) {
      expect({ gw, size }).toEqual({ gw: gateway, size: statedSize });
      for (const { type, ep, eid, seq, hash, payload } of frames) {
        const key = `${ep}.${eid}`;
        const line = { gw, ep, eid };
        if (type === "line-open") {
          heads.set(key, { seq: 0, h: chainStart(sha256, line), sealed: 0 });
          continue;
        }
        const head = heads.get(key);
        if (head === undefined) throw new Error("a frame before its line was opened");
        if (type === "record") {
          expect(seq).toBe(head.seq + 1);
          expect(hash).toBe(Buffer.from(head.h).toString("hex"));
          head.seq = seq;
          head.h = chainLink(sha256, head.h, sha256(payload));
        } else {
          expect({ seq, hash }).toEqual({ seq: head.seq, hash: Buffer.from(head.h).toString("hex") });
          const seal = JSON.parse(payload.toString());
          expect(sealVerifies(nodeCrypto, signer.publicKey, line, seq, head.h, seal)).toBe(true);
          head.sealed = seq;
        }
      }
    }
    expect([...heads.values()].map(({ seq, sealed }) => [seq, sealed])).toEqual([
      [301, 301],
      [301, 301],
    ]);
  });

  it("is read with one descriptor however many segments there are, and with nothing kept per record", async () => {
    const dir = freshDirectory();
    const first = await openTest(dir, { verifyAtOpenBytes: 0 });
    await appendMany(first, 2400, 900, 60);
    await first.close();
    const files = new FaultyFiles();
    const again = await openTest(dir, { files, verifyAtOpenBytes: 0 });
    expect(again.stats().segments).toBeGreaterThan(15);
    expect(files.mostOpenFiles).toBeLessThanOrEqual(4);
    const numbers = parseSegments(dir).flatMap(({ hasFooter, frames }) => (hasFooter ? [frames.length] : []));
    expect(numbers.length).toBeGreaterThan(15);
    expect((await readAll(again)).size).toBe(2402);
  });
});

describe("reading", () => {
  const fill = async () => {
    const outbox = await openTest(freshDirectory());
    await appendMany(outbox, 400, 500, 8);
    return outbox;
  };

  it("gives records exactly as captured, within the limits, across segments, at least one", async () => {
    const outbox = await fill();
    const { line } = outbox;
    const some = await outbox.read(line, 150, 300, { maxRecords: 100, maxBytes: 1e9 });
    expect([some.first, some.last]).toEqual([150, 249]);
    expect(texts(some.records)[0]).toBe(Buffer.from(recordText(line, 150, "record 148", 500)).toString());
    expect(await outbox.hashAt(line, 149)).toBe(some.prev);
    expect(await outbox.hashAt(line, 249)).toBe(some.h);
    const few = await outbox.read(line, 2, 400, { maxRecords: 100, maxBytes: 1100 });
    expect(few.records).toHaveLength(2);
    expect((await outbox.read(line, 2, 400, { maxRecords: 9, maxBytes: 1 })).records).toHaveLength(1);
  });

  it("agrees with the chain for every seq, h(0) included, and knows no other", async () => {
    const outbox = await fill();
    const { line } = outbox;
    const { sha256 } = nodeCrypto;
    let h = chainStart(sha256, line);
    expect(await outbox.hashAt(line, 0)).toBe(Buffer.from(h).toString("hex"));
    for (const bytes of (await outbox.read(line, 1, 40, limits)).records) h = chainLink(sha256, h, sha256(bytes));
    expect(await outbox.hashAt(line, 40)).toBe(Buffer.from(h).toString("hex"));
    expect(await outbox.hashAt(line, 402)).toBeUndefined();
    expect(await outbox.hashAt({ ep: 99, eid: "00".repeat(16) }, 1)).toBeUndefined();
  });

  it("names the range that is not there", async () => {
    const outbox = await fill();
    const behind = outbox.read(outbox.line, 402, 500, limits);
    await expect(behind).rejects.toMatchObject({ code: "OUTBOX_DAMAGED", range: { from: 402, to: 500 } });
    const unknown = outbox.read({ ep: 7, eid: "00".repeat(16) }, 1, 5, limits);
    await expect(unknown).rejects.toMatchObject({ code: "OUTBOX_DAMAGED", range: { from: 1, to: 5 } });
  });

  it("lists every line with what is held and what is urgent", async () => {
    const dir = freshDirectory();
    const lines: LineOfGateway[] = [];
    for (const count of [3, 0, 5]) {
      const outbox = await openTest(dir);
      lines.push(outbox.line);
      for (let index = 0; index < count; index++) await append(outbox, "x", 0, index % 2 === 1);
      await outbox.close();
    }
    const inventory = (await openTest(dir)).inventory();
    expect(inventory.map(({ ep, eid }) => ({ ep, eid })).slice(0, 3)).toEqual(
      lines.map(({ ep, eid }) => ({ ep, eid })),
    );
    expect(inventory.map(({ head, held, urgent }) => ({ head, held, urgent }))).toEqual([
      { head: 4, held: [{ from: 1, to: 4 }], urgent: [3] },
      { head: 1, held: [{ from: 1, to: 1 }], urgent: [] },
      { head: 6, held: [{ from: 1, to: 6 }], urgent: [3, 5] },
      { head: 1, held: [{ from: 1, to: 1 }], urgent: [] },
    ]);
  });
});

describe("opening", () => {
  it("opens a new line each time, naming the last one's end", async () => {
    const dir = freshDirectory();
    const first = await openTest(dir);
    expect(first.opening).toEqual({ predecessor: null, reason: "start", losses: [] });
    const { h } = await append(first, "x");
    await first.close();
    const second = await openTest(dir);
    const { ep, eid } = first.line;
    expect(second.line.ep).toBe(ep + 1);
    expect(second.opening).toEqual({ predecessor: { ep, eid, seq: 2, h }, reason: "start", losses: [] });
  });

  it("refuses a directory of another gateway, and one in use", async () => {
    const dir = freshDirectory();
    const outbox = await openTest(dir);
    await expect(openTest(dir)).rejects.toMatchObject({ code: "OUTBOX_LOCKED" });
    await outbox.close();
    await expect(openTest(dir, { gw: "market-other" })).rejects.toMatchObject({ code: "OUTBOX_FOREIGN" });
    await openTest(dir);
  });

  it("leaves nothing open or locked when it fails", async () => {
    const dir = freshDirectory();
    await (await openTest(dir)).close();
    const files = new FaultyFiles();
    files.onOperation = ({ name }) => (name === "write" ? "EROFS" : undefined);
    await expect(openTest(dir, { files })).rejects.toMatchObject({ code: "OUTBOX_READ_ONLY", retryable: true });
    expect(files.openFiles).toBe(0);
    await openTest(dir);
  });
});
