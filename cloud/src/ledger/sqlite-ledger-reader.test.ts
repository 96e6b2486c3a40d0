import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BroadcastChannel } from "node:worker_threads";
import { toHex } from "@mingcheng/protocols";
import { afterAll, describe, expect, it } from "vitest";
import { newSigner, SealedLine } from "../../test/sealed-line.ts";
import { WriterBench } from "../../test/writer-bench.ts";
import { openForWriting } from "../store/database.ts";
import { appendChannel } from "./append-channel.ts";
import type { LedgerRecord } from "./ledger-reader.ts";
import { ledgerMigrations } from "./ledger-schema.ts";
import { openLedgerReader } from "./sqlite-ledger-reader.ts";

const scratch = mkdtempSync(join(tmpdir(), "mingcheng-reader-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const gw = "market-a";

describe("the ledger as its followers see it", () => {
  it("hands records out in the order of commit, without a hole, beside its writer", () => {
    const bench = new WriterBench(join(scratch, "order.db"));
    const signer = newSigner();
    bench.keys.set(signer.kid, signer);
    const line = new SealedLine({ gw, ep: 1, eid: "ab".repeat(16) }, signer).grow(30);
    bench.take(bench.batch(gw, line.batch(11, 20)));
    const reader = openLedgerReader(join(scratch, "order.db"));
    expect(reader.head()).toBe(10);
    bench.take(bench.batch(gw, line.batch(1, 12, { lane: "backlog" })));
    const records = reader.readAfter(0, 100);
    expect(records.map(({ lsn }) => lsn)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(records.map(({ seq }) => seq)).toEqual([
      11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
    expect([records[0]?.lane, records[10]?.lane]).toEqual(["live", "backlog"]);
    expect(
      records.every(
        ({ bytes, seq }) => bytes !== null && toHex(bytes) === toHex(line.records[seq - 1] ?? new Uint8Array()),
      ),
    ).toBe(true);
    expect(reader.readAfter(18, 1).map(({ lsn }) => lsn)).toEqual([19]);
    expect(records[0]?.receivedMs).toBe(Date.parse("2026-11-24T02:00:00.000Z"));
    reader.close();
    bench.database.close();
  });

  it("hands out the same records as texts, octet by octet, whatever they are", () => {
    const path = join(scratch, "texts.db");
    const database = openForWriting({ path, migrations: ledgerMigrations });
    database.exec("INSERT INTO line (gw, ep, eid, first_seen_ms) VALUES ('market-a', 1, 'ab', 0)");
    const insert = database.prepare(
      "INSERT INTO record (line, seq, lane, received_ms, digest, bytes) VALUES (1, ?, ?, ?, zeroblob(32), ?)",
    );
    const texts = ['{"kind":"sale"}', "韭菜 🌱", "a\u0000b", "\ufeff{}", "\ufffd", ""];
    const all = [
      ...texts.map((text) => Buffer.from(text)),
      Buffer.from([0x7b, 0xff, 0xc3, 0x28, 0x7d]),
      randomBytes(900),
    ];
    for (const [index, bytes] of all.entries()) insert.run(index + 1, index % 2, 1000 + index, bytes);
    const [reader, asTexts] = [openLedgerReader(path), openLedgerReader(path, { asTexts: true })];
    const read = asTexts.readAfter(0, 100);
    const fields = ({ lsn, gw, ep, eid, seq, receivedMs, lane, lineStatus, bytes }: LedgerRecord): unknown => {
      return { lsn, gw, ep, eid, seq, receivedMs, lane, lineStatus, bytes: bytes === null ? null : toHex(bytes) };
    };
    expect(read.map(fields)).toEqual(reader.readAfter(0, 100).map(fields));
    expect(read.map(({ bytes }) => bytes && toHex(bytes))).toEqual(
      all.map((bytes) => (bytes.length === 0 ? null : toHex(bytes))),
    );
    expect(read.slice(0, 5).map(({ text }) => text)).toEqual(texts.slice(0, 5));
    // Lines are known from one batch to the next, until somebody writes.
    expect(asTexts.readLiveAfter(0, 1).map(({ lineStatus }) => lineStatus)).toEqual(["ok"]);
    database.exec("UPDATE line SET status = 'disputed'");
    expect(asTexts.readLiveAfter(0, 1).map(({ lineStatus }) => lineStatus)).toEqual(["disputed"]);
    for (const one of [reader, asTexts, database]) one.close();
  });

  it("names gaps and lines in words that stay", () => {
    const bench = new WriterBench(join(scratch, "gaps.db"));
    const signer = newSigner();
    bench.keys.set(signer.kid, signer);
    const line = new SealedLine({ gw, ep: 1, eid: "ab".repeat(16) }, signer).grow(30);
    bench.take(
      bench.batch(gw, line.batch(1, 9, { digestOnly: (seq) => seq === 4 })),
      bench.batch(gw, line.batch(15, 30)),
    );
    bench.take({ type: "gone", gw, payload: line.gone(10, 12) });
    const reader = openLedgerReader(join(scratch, "gaps.db"));
    expect(reader.gaps().map(({ from, to, reason }) => [from, to, reason])).toEqual([
      [4, 4, "digest-only"],
      [10, 12, "lost"],
    ]);
    expect(reader.lines()).toMatchObject([
      { gw, ep: 1, status: "ok", heardHead: 30, contiguousHead: 9, stored: 25, predecessor: null },
    ]);
    reader.close();
    bench.database.close();
  });

  it("tells of commits, until it is closed", async () => {
    const path = join(scratch, "append.db");
    const bench = new WriterBench(path);
    const reader = openLedgerReader(path);
    const channel = new BroadcastChannel(appendChannel(path));
    let told = 0;
    const first = new Promise<void>((resolve) => {
      reader.onAppend(() => {
        told++;
        resolve();
      });
    });
    channel.postMessage(null);
    await first;
    expect(told).toBe(1);
    reader.close();
    channel.close();
    bench.database.close();
  });
});
