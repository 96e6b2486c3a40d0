import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeRotation, toHex } from "@mingcheng/protocols";
import { afterAll, describe, expect, it } from "vitest";
import { asOf, evidenceBench, gw } from "../../test/evidence-bench.ts";
import { newSigner } from "../../test/sealed-line.ts";
import { exportEvidence } from "./export-evidence.ts";
import { claimedGateway, readPinnedKeys } from "./pinned-keys.ts";
import { verifyEvidence } from "./verify-evidence.ts";

const scratch = mkdtempSync(join(tmpdir(), "mingcheng-evidence-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const setUp = () => {
  const bench = evidenceBench(scratch);
  bench.line.grow(60);
  return bench;
};

describe("evidence", () => {
  it("holds every record exactly as captured, and verifies with the file and two keys", async () => {
    const { bench, line, write, pinned, store } = setUp();
    store(1, 20);
    store(21, 40);
    bench.take(bench.batch(gw, line.batch(45, 60, { digestOnly: (seq) => seq === 50 })));
    const { out, result } = await write();
    expect(result).toEqual({ spans: 2, records: 55, withheld: 1, used: [] });
    const report = await verifyEvidence(out, pinned);
    expect(report).toMatchObject({ ok: true, fault: null, records: 55, withheld: 1, seals: 3 });
    expect(report.manifest?.gaps).toMatchObject([{ from: 50, to: 50, reason: "withheld" }]);
    const records = readFileSync(out, "utf8")
      .split("\n")
      .filter((each) => each.startsWith("R "))
      .map((each) => each.slice(2));
    const expected = line.records.filter((_, index) => !(index >= 40 && index < 44) && index !== 49);
    expect(records).toEqual(expected.map((bytes) => new TextDecoder().decode(bytes)));
    expect(readdirSync(scratch).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  it("ends where the seals of a revoked key stop counting, unless another key vouches for what is behind", async () => {
    const { bench, signer, line, gateway, write, pinned, store } = setUp();
    for (const to of [10, 20, 30]) store(to - 9, to);
    const revokedFrom = { ep: 1, eid: line.line.eid, seq: 15 };
    bench.revoked.set(signer.kid, revokedFrom);
    Object.assign(gateway.keys[0] ?? {}, { revokedFrom });
    const cut = await write();
    expect(cut.result.records).toBe(10);
    const report = await verifyEvidence(cut.out, pinned);
    expect(report).toMatchObject({ ok: true, records: 10, seals: 1 });
    expect(report.manifest?.gaps).toMatchObject([{ from: 11, to: 30, reason: "revoked" }]);
    const heir = newSigner();
    bench.revoked.clear();
    bench.take({ type: "keys", gw, payload: encodeRotation(gw, signer, heir, asOf) });
    bench.revoked.set(signer.kid, revokedFrom);
    bench.take(bench.batch(gw, line.batch(31, 40, { sealer: heir })));
    const whole = await write();
    expect(await verifyEvidence(whole.out, pinned)).toMatchObject({ ok: true, records: 40, seals: 2 });
  });

  it("is widened to seals around the time asked for, and leaves the rest out", async () => {
    const { bench, pinned, write, store } = setUp();
    const times = ["02:00", "02:10", "02:20"].map((time) => `2026-11-24T${time}:00.000Z`);
    for (const [index, time] of times.entries()) {
      bench.nowMs = Date.parse(time);
      store(20 * index + 1, 20 * index + 20);
    }
    const { out, result } = await write({ from: "2026-11-24T02:05:00.000Z", to: "2026-11-24T02:15:00.000Z" });
    expect(result).toEqual({ spans: 1, records: 20, withheld: 0, used: [] });
    const report = await verifyEvidence(out, pinned);
    expect(report).toMatchObject({ ok: true, records: 20 });
    expect(report.manifest?.spans).toMatchObject([{ from: 21, to: 40 }]);
  });

  it("does not verify once anything in it is changed, moved, left out or added, and says where", async () => {
    const { pinned, write, store } = setUp();
    store(1, 30);
    const { out } = await write();
    const good = readFileSync(out, "utf8");
    const lines = good.split("\n");
    const changed = (edit: (copy: string[]) => void): string => {
      const copy = [...lines];
      edit(copy);
      return copy.join("\n");
    };
    const record = (seq: number) => lines.findIndex((each) => each.startsWith("R ") && each.includes(`"seq":${seq},`));
    const cases: Record<string, [string, number | null]> = {
      "a weight": [good.replace('"grams":"7"', '"grams":"8"'), 30],
      "a record left out": [changed((copy) => copy.splice(record(9), 1)), 9],
      "two records swapped": [
        changed((copy) => copy.splice(record(9), 2, copy[record(10)] ?? "", copy[record(9)] ?? "")),
        9,
      ],
      "a record added": [changed((copy) => copy.splice(record(9), 0, copy[record(9)] ?? "")), 10],
      "cut off": [`${changed((copy) => copy.splice(record(20)))}\n`, 20],
      "cut off inside a line": [changed((copy) => copy.splice(record(20))), 19],
      "the manifest": [good.replace('"records":30', '"records":29'), null],
    };
    for (const [name, [text, seq]] of Object.entries(cases)) {
      const path = join(scratch, "changed.mcx");
      writeFileSync(path, text);
      const { ok, fault } = await verifyEvidence(path, pinned);
      expect({ name, ok, seq: fault?.seq ?? null }).toEqual({ name, ok: false, seq });
    }
    const stranger = { ...pinned, centre: newSigner().publicKey };
    expect((await verifyEvidence(out, stranger)).fault?.reason.en).toMatch(/not signed by the pinned key/);
    expect((await verifyEvidence(out, { ...pinned, gateway: newSigner().publicKey })).ok).toBe(false);
  });

  it("names its gateway, and takes pinned keys from a file that says exactly which", async () => {
    const { write, store, pinned } = setUp();
    store(1, 5);
    expect(await claimedGateway((await write()).out)).toBe(gw);
    const path = join(scratch, "keys.json");
    writeFileSync(path, JSON.stringify({ gateway: toHex(pinned.gateway), centre: toHex(pinned.centre) }));
    expect(await readPinnedKeys(path)).toEqual(pinned);
    writeFileSync(path, JSON.stringify({ gateway: "12", centre: toHex(pinned.centre) }));
    await expect(readPinnedKeys(path)).rejects.toThrow(/gateway: 64 hexadecimal digits/);
  });

  it("leaves nothing behind under its name when it cannot be written", async () => {
    const { bench, request, store, manifestKey } = setUp();
    store(1, 5);
    const out = join(scratch, "missing", "file.mcx");
    await expect(exportEvidence(bench.database, manifestKey, request({ out }), { asOf })).rejects.toThrow(/ENOENT/);
    expect(bench.database.inTransaction).toBe(false);
    store(6, 10);
  });
});
