import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { alertsMigrations } from "../src/alerts/alerts-database.ts";
import { ledgerMigrations } from "../src/ledger/ledger-schema.ts";
import { registerMigrations } from "../src/register/register-database.ts";
import { openForWriting } from "../src/store/database.ts";
import { newSigner, SealedLine } from "./sealed-line.ts";
import { WriterBench } from "./writer-bench.ts";

const scratch = mkdtempSync(join(tmpdir(), "mingcheng-versions-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const stores = [
  ["ledger", ledgerMigrations],
  ["register", registerMigrations],
  ["alerts", alertsMigrations],
] as const;

describe("a data directory of the centre and another version", () => {
  it.each(stores)("of every earlier layout is brought forward: %s", (name, migrations) => {
    const layout = (path: string) => {
      const database = openForWriting({ path, migrations });
      const found = database.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name").all();
      database.close();
      return found;
    };
    const present = layout(join(scratch, `${name}-new.db`));
    for (let version = 1; version < migrations.length; version++) {
      const path = join(scratch, `${name}-${version}.db`);
      openForWriting({ path, migrations: migrations.slice(0, version) }).close();
      expect(layout(path)).toEqual(present);
    }
  });

  it.each(stores)("of a newer layout is refused with a message, and not changed: %s", (name, migrations) => {
    const path = join(scratch, `${name}-newer.db`);
    openForWriting({ path, migrations }).close();
    const before = readFileSync(path);
    expect(() => openForWriting({ path, migrations: migrations.slice(0, -1) })).toThrow(
      expect.objectContaining({ code: "STORE_TOO_NEW" }),
    );
    expect(readFileSync(path)).toEqual(before);
  });

  it("keeps its records over the step in which erasing came", () => {
    const path = join(scratch, "records.db");
    const older = openForWriting({ path, migrations: ledgerMigrations.slice(0, 3) });
    older.exec(`
      INSERT INTO line (id, gw, ep, eid, first_seen_ms) VALUES (1, 'market-a', 1, 'ab', 0);
      INSERT INTO record VALUES (1, 1, 1, 0, 5, x'00', CAST('{"v":1}' AS BLOB))`);
    older.close();
    const newer = openForWriting({ path, migrations: ledgerMigrations });
    expect(newer.prepare("SELECT lsn, seq, received_ms, CAST(bytes AS TEXT) AS text FROM record").all()).toEqual([
      { lsn: 1, seq: 1, received_ms: 5, text: '{"v":1}' },
    ]);
    expect(() => newer.exec("DELETE FROM record")).toThrow("never deleted");
    newer.close();
  });
});

describe("a centre with gateways of another version", () => {
  it("takes states with fields it does not know", () => {
    const bench = new WriterBench();
    const signer = newSigner();
    bench.keys.set(signer.kid, signer);
    const line = new SealedLine({ gw: "market-a", ep: 1, eid: "ab".repeat(16) }, signer).grow(10);
    const state = line.state({ addedLater: { deep: [1] } } as never);
    const message = { type: "state", gw: "market-a", eid: "ab".repeat(16), payload: state } as const;
    expect(bench.take(message)[0]).toMatchObject({ outcome: "stored" });
    expect(bench.answersOf("market-a", bench.take(message)[0])).toMatchObject([{ type: "full" }]);
  });

  it("stores and receipts records of kinds and bodies it does not know", () => {
    const bench = new WriterBench();
    const signer = newSigner();
    bench.keys.set(signer.kid, signer);
    const line = new SealedLine({ gw: "market-a", ep: 1, eid: "ab".repeat(16) }, signer);
    line.append("invented-later", { anything: true });
    line.append("weighing", { addedLater: 1 });
    const [answer] = bench.take(bench.batch("market-a", line.batch(1, 3)));
    expect(answer).toMatchObject({ outcome: "stored", records: 3, quarantined: 0 });
    expect(bench.answersOf("market-a", answer)).toMatchObject([
      { type: "receipt", ranges: [[1, 3, expect.any(String)]] },
    ]);
  });
});
