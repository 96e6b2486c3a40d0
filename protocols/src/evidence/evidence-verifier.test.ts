import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeCrypto, testSigner } from "../../test/node-crypto.ts";
import { gatewayKey, lineNamed, TestLine, testGw, testWall } from "../../test/test-line.ts";
import { fromUtf8, toHex, utf8 } from "../bytes/bytes.ts";
import { recordDigest } from "../chain/chain.ts";
import { sealAt } from "../chain/seal.ts";
import { encodeRecord } from "../records/record.ts";
import { evidenceLines, sealsLink, sealsStart } from "./evidence-lines.ts";
import { type EvidenceReport, EvidenceVerifier } from "./evidence-verifier.ts";
import type { EvidenceManifest, EvidenceSpan } from "./manifest.ts";

const centre = testSigner(7);
const { sha256 } = nodeCrypto;

/** A line of `count` whole records. */
const boxOf = (name: string, ep: number, count: number): TestLine => {
  const line = lineNamed(name, ep);
  const box = new TestLine(line, 1);
  for (let seq = 2; seq <= count; seq++) {
    box.append(
      encodeRecord({
        v: 1,
        gw: testGw,
        ...line,
        seq,
        dev: "scale-1",
        n: seq,
        kind: "weighing",
        t: { wall: testWall, mono_ms: seq, boot: "b", sync: "ntp", err_ms: 1 },
        salt: "0".repeat(32),
        body: { grams: String(1000 + seq) },
        raw: "",
      }),
    );
  }
  return box;
};

interface Part {
  readonly box: TestLine;
  readonly from: number;
  readonly to: number;
  readonly sealed: readonly number[];
  readonly withheld: readonly number[];
}

const sealOf = ({ box }: Part, seq: number): Uint8Array =>
  evidenceLines.seal(seq, sealAt(gatewayKey, { gw: testGw, ...box.line }, seq, box.hashes[seq]!, testWall));

const spanOf = (part: Part): EvidenceSpan => ({
  ...part.box.line,
  from: part.from,
  to: part.to,
  prev: part.box.h(part.from - 1),
  h: part.box.h(part.to),
  seals: toHex(
    part.sealed.reduce((hash, seq) => sealsLink(sha256, hash, sealOf(part, seq).subarray(0, -1)), sealsStart),
  ),
  withheld: part.withheld.map((seq) => [seq, seq]),
  disputed: false,
});

/** The file's lines, without their line feeds. The first two are the manifest's. */
const fileOf = (parts: readonly Part[]): string[] => {
  const manifest: EvidenceManifest = {
    v: 1,
    format: "mingcheng-evidence",
    gw: testGw,
    asOf: testWall,
    gen: "0f".repeat(16),
    asked: { from: null, to: null },
    spans: parts.map(spanOf),
    gaps: [],
    keys: [{ kid: gatewayKey.kid, publicKey: toHex(gatewayKey.publicKey), since: testWall, revokedFrom: null }],
    records: parts.reduce((sum, { from, to }) => sum + to - from + 1, 0),
    software: "test",
  };
  const lines: Uint8Array[] = [evidenceLines.manifest(manifest, centre)];
  for (const [index, part] of parts.entries()) {
    const { box, from, to, sealed, withheld } = part;
    lines.push(evidenceLines.span(index));
    for (let seq = from; seq <= to; seq++) {
      const bytes = box.records[seq - 1]!;
      lines.push(
        withheld.includes(seq) ? evidenceLines.withheld(recordDigest(sha256, bytes)) : evidenceLines.record(bytes),
      );
      if (sealed.includes(seq)) lines.push(sealOf(part, seq));
    }
  }
  return lines.flatMap((line) => (fromUtf8(line) ?? "").slice(0, -1).split("\n"));
};

const verify = (lines: readonly string[]): EvidenceReport => {
  const verifier = new EvidenceVerifier(nodeCrypto, { gateway: gatewayKey.publicKey, centre: centre.publicKey });
  for (const line of lines) verifier.push(utf8(line));
  return verifier.finish();
};

const parts: readonly Part[] = [
  { box: boxOf("one", 1, 12), from: 4, to: 12, sealed: [6, 9, 12], withheld: [5, 8] },
  { box: boxOf("two", 2, 7), from: 1, to: 7, sealed: [1, 4, 7], withheld: [] },
  { box: boxOf("three", 2, 3), from: 1, to: 3, sealed: [3], withheld: [2, 3] },
];
const lines = fileOf(parts);

/** Span and sequence number that each line of the file stands at. */
const places = (): { span: number; seq: number }[] => {
  const found: { span: number; seq: number }[] = [];
  let span = -1;
  let seq = 0;
  for (const line of lines) {
    if (line.startsWith("P ")) {
      span++;
      seq = parts[span]!.from - 1;
    } else if (/^[RD] /.test(line)) seq++;
    found.push({ span, seq });
  }
  return found;
};

/** Where a change at a record must be named: at the record itself or at the next seal behind it. */
const isNamed = (report: EvidenceReport, at: { span: number; seq: number }): boolean => {
  const { fault } = report;
  if (fault === null || fault.span !== at.span || fault.seq === null) return false;
  const seal = parts[at.span]!.sealed.find((seq) => seq >= at.seq) ?? at.seq;
  return fault.seq >= at.seq - 1 && fault.seq <= seal + 1;
};

describe("evidence verifier", () => {
  it("accepts an untouched file of several lines, sealed and withheld here and there", () => {
    expect(verify(lines)).toMatchObject({ ok: true, fault: null, records: 15, withheld: 4, seals: 7 });
  });

  it("finds a changed character anywhere, and names span and place", () => {
    const at = fc.integer({ min: 2, max: lines.length - 1 });
    fc.assert(
      fc.property(at, fc.nat(), fc.constantFrom("0", "1", "a", "z", " ", "}"), (index, pick, by) => {
        const line = lines[index]!;
        const place = pick % line.length;
        fc.pre(line[place] !== by);
        const report = verify(lines.with(index, line.slice(0, place) + by + line.slice(place + 1)));
        expect(report.ok).toBe(false);
        const where = places()[index]!;
        if (!line.startsWith("P "))
          expect([line, report.fault, isNamed(report, where)]).toEqual([line, report.fault, true]);
      }),
      { numRuns: 150 },
    );
  });

  it("finds a deleted, doubled or moved line", () => {
    for (let index = 2; index < lines.length; index++) {
      expect(verify(lines.toSpliced(index, 1)).ok).toBe(false);
      expect(verify(lines.toSpliced(index, 0, lines[index]!)).ok).toBe(false);
      if (index + 1 < lines.length && lines[index] !== lines[index + 1]) {
        const swapped = lines.with(index, lines[index + 1]!).with(index + 1, lines[index]!);
        expect(verify(swapped).ok).toBe(false);
      }
    }
  });

  it("finds every cut", () => {
    for (let length = 0; length < lines.length; length++) expect(verify(lines.slice(0, length)).ok).toBe(false);
  });

  it("names the first fault and ignores what stands behind it", () => {
    const broken = lines.map((line) => line.replace('"grams":"1006"', '"grams":"9006"'));
    expect(broken).not.toEqual(lines);
    const { fault } = verify(broken);
    expect(fault).toMatchObject({ span: 0, seq: 6, code: "seal-broken" });
    expect(verify([...broken.slice(0, -3), "nonsense"]).fault).toEqual(fault);
  });

  it("lets nothing be withheld, or shown, but what the manifest says", () => {
    const shown = lines.findIndex((line) => line.startsWith("R ") && line.includes('"seq":7,'));
    const digest = `D ${toHex(recordDigest(sha256, utf8(lines[shown]!.slice(2))))}`;
    expect(verify(lines.with(shown, digest)).fault).toMatchObject({
      span: 0,
      seq: 7,
      code: "not-withheld",
    });
    const hidden = lines.findIndex((line) => line.startsWith("D "));
    const record = `R ${fromUtf8(parts[0]!.box.records[4]!)}`;
    expect(verify(lines.with(hidden, record)).fault).toMatchObject({
      span: 0,
      seq: 5,
      code: "withheld-shown",
    });
  });

  it("takes no record of another line, place or gateway, however well it is sealed", () => {
    const stranger = boxOf("stranger", 9, 3);
    const line = lineNamed("mixed", 3);
    const mixed = new TestLine(line, 1).append(stranger.records[1]!);
    const file = fileOf([{ box: mixed, from: 1, to: 2, sealed: [2], withheld: [] }]);
    expect(verify(file).fault).toMatchObject({ span: 0, seq: 2, code: "record-place" });
  });

  it("accepts an empty export", () => {
    expect(verify(fileOf([]))).toMatchObject({ ok: true, records: 0 });
  });
});
