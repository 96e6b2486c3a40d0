import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeRecord, encodeRotation, utf8 } from "@mingcheng/protocols";
import { afterAll, describe, expect, it } from "vitest";
import { asOf, evidenceBench, gw } from "../../test/evidence-bench.ts";
import { newSigner } from "../../test/sealed-line.ts";
import { verifyEvidence } from "./verify-evidence.ts";
import { parseWithholdRule } from "./withhold-rule.ts";

const scratch = mkdtempSync(join(tmpdir(), "mingcheng-choice-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const minute = (of: number): string => `2026-11-24T09:${String(of).padStart(2, "0")}:00.000+08:00`;

/** Records 2 to 31, a minute each, of three devices in turn and of the gateway; a seal behind each fifth. */
const busyLine = () => {
  const bench = evidenceBench(scratch);
  for (let seq = 2; seq <= 31; seq++) {
    const dev = seq === 20 ? gw : seq < 12 ? "scale-1" : seq < 24 ? "scale-2" : "tester-1";
    bench.say(dev, dev === gw ? "clock" : dev === "tester-1" ? "test" : "weighing", minute(seq));
  }
  bench.store(1, 1);
  for (let from = 2; from <= 31; from += 5) bench.store(from, from + 4);
  return bench;
};

const shown = (path: string): string[] =>
  readFileSync(path, "utf8")
    .split("\n")
    .flatMap((line) => {
      const decoded = line.startsWith("R ") ? decodeRecord(utf8(line.slice(2))) : undefined;
      return decoded?.ok === true ? [`${decoded.record.seq} ${decoded.record.dev}`] : [];
    });

const rules = (...texts: string[]) => texts.map(parseWithholdRule);

describe("evidence of some records", () => {
  it("is widened to the seals around a device's records, and shows no other device where that is asked", async () => {
    const { write, pinned } = busyLine();
    const chosen = { devices: ["scale-2"], site: null };
    const whole = await write({ chosen });
    expect(whole.result).toMatchObject({ spans: 1, records: 15, withheld: 0 });
    const report = await verifyEvidence(whole.out, pinned);
    expect(report).toMatchObject({ ok: true, records: 15 });
    expect(report.manifest?.spans).toMatchObject([{ from: 12, to: 26 }]);
    expect(report.manifest?.asked).toEqual({ from: null, to: null, devices: ["scale-2"] });
    const alone = await write({ chosen, withhold: rules("others") });
    expect(await verifyEvidence(alone.out, pinned)).toMatchObject({ ok: true, records: 12, withheld: 3 });
    expect(new Set(shown(alone.out).map((line) => line.split(" ")[1]))).toEqual(new Set(["scale-2", gw]));
    expect(readFileSync(alone.out, "utf8")).not.toContain("tester-1");
  });

  it("leaves out what lies far from any record asked for", async () => {
    const { write, pinned } = busyLine();
    const { out } = await write({ chosen: { devices: ["scale-1", "tester-1"], site: null } });
    const report = await verifyEvidence(out, pinned);
    expect(report.ok).toBe(true);
    expect(report.manifest?.spans).toMatchObject([
      { from: 2, to: 11 },
      { from: 22, to: 31 },
    ]);
  });

  it("follows a device from site to site, by the record's own time", async () => {
    const { write, pinned } = busyLine();
    const movedMs = Date.parse(minute(6));
    const siteOf = (dev: string, atMs: number) => (dev === "scale-1" ? (atMs < movedMs ? "old" : "new") : null);
    const { out } = await write({
      chosen: { devices: null, site: { code: "new", siteOf } },
      withhold: rules("others"),
    });
    expect(await verifyEvidence(out, pinned)).toMatchObject({ ok: true });
    expect(shown(out)).toEqual([6, 7, 8, 9, 10, 11].map((seq) => `${seq} scale-1`));
  });

  it("gives by digest what a rule names by kind, device and time, and says which rules fitted nothing", async () => {
    const { write, pinned } = busyLine();
    const withhold = rules("kind=test", `device=scale-2 from=${minute(14)} to=${minute(16)}`, "device=scale-9");
    const { out, result } = await write({ withhold });
    expect(result).toMatchObject({ records: 20, withheld: 11, used: withhold.slice(0, 2) });
    const report = await verifyEvidence(out, pinned);
    expect(report).toMatchObject({ ok: true, records: 20, withheld: 11 });
    expect(report.manifest?.spans[0]?.withheld).toEqual([
      [14, 16],
      [24, 31],
    ]);
    expect(report.manifest?.asked.withhold).toEqual(withhold.map(({ text }) => text));
  });

  it("refuses a rule that is misspelt, so that nothing is shown by mistake", () => {
    const wrong = ["", "kind=tests", "kind=", "device=Scale 1", "from=yesterday", "kind=test kind=sale", "dev=scale-1"];
    for (const text of wrong) {
      expect(() => parseWithholdRule(text), text).toThrow(expect.objectContaining({ code: "INPUT_INVALID" }));
    }
  });
});

describe("the key history of evidence", () => {
  it("carries rotation statements, and tells an enrolled key from one that was rotated in", async () => {
    const { bench, signer, line, gateway, write, pinned } = busyLine();
    const [heir, stranger] = [newSigner(), newSigner()];
    bench.take({ type: "keys", gw, payload: encodeRotation(gw, signer, heir, asOf) });
    bench.keys.set(stranger.kid, stranger);
    gateway.keys.push({ kid: stranger.kid, publicKey: stranger.publicKey, since: asOf, revokedFrom: null });
    line.grow(33);
    bench.take(bench.batch(gw, line.batch(32, 32, { sealer: heir })));
    bench.take(bench.batch(gw, line.batch(33, 33, { sealer: stranger })));
    const { out } = await write();
    const report = await verifyEvidence(out, pinned);
    expect(report).toMatchObject({ ok: true, seals: 9, unvouched: 1 });
    const vouched = await verifyEvidence(out, { ...pinned, gateway: heir.publicKey });
    expect(vouched).toMatchObject({ ok: true, unvouched: 1 });
    expect(await verifyEvidence(out, { ...pinned, gateway: stranger.publicKey })).toMatchObject({
      ok: true,
      unvouched: 8,
    });
    const statements = report.manifest?.keys.filter(({ rotation }) => rotation !== null);
    expect(statements?.map(({ kid }) => kid)).toEqual([heir.kid]);
  });
});
