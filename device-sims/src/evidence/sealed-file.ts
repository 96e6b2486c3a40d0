import {
  chainLink,
  chainStart,
  encodeRecord,
  encodeRotation,
  type Line,
  type Signer,
  sealAt,
  toHex,
} from "@mingcheng/protocols";
import {
  type EvidenceManifest,
  evidenceLines,
  type PinnedKeys,
  sealsLink,
  sealsStart,
} from "@mingcheng/protocols/evidence";
import { newSigner, nodeCrypto } from "../load/node-crypto.ts";
import type { Random } from "../random.ts";

const { sha256 } = nodeCrypto;

/** A line as its gateway has it: records, chain, and where it was sealed. */
export interface SealedRun {
  readonly line: Line;
  readonly signer: Signer;
  readonly records: readonly Uint8Array[];
  readonly hashes: readonly Uint8Array[];
  readonly sealed: ReadonlySet<number>;
}

/** A stretch of a line in a file. Both ends are sealed, or the start of the line. */
export interface Stretch {
  readonly run: SealedRun;
  readonly from: number;
  readonly to: number;
  readonly withheld: readonly (readonly [number, number])[];
}

/** Who signs a file, and every key its gateway ever had. */
export interface Signers {
  readonly centre: Signer;
  readonly keys: readonly Signer[];
}

const goods = ["五花肉", '青椒 "特级"', "带鱼\\冰鲜", "Äpfel", "豆腐\u2028", "👍 鸡蛋"];
const wallOf = (seq: number): string =>
  new Date(Date.UTC(2026, 10, 24, 1, 30, seq)).toISOString().replace("Z", "+00:00");

const recordOf = (line: Line, seq: number, random: Random): Uint8Array =>
  encodeRecord({
    v: 1,
    ...line,
    seq,
    dev: seq % 5 === 0 ? line.gw : `scale-${1 + (seq % 3)}`,
    n: seq,
    kind: seq === 1 ? "epoch" : "weighing",
    t: {
      wall: wallOf(seq),
      mono_ms: 1000 * seq,
      boot: "8d5f8a2e-0000-4000-8000-000000000001",
      sync: "ntp",
      err_ms: 20,
    },
    salt: Array.from({ length: 32 }, () => random.below(16).toString(16)).join(""),
    body: { protocol: "mt-continuous", grams: String(random.below(30_000)), goods: goods[random.below(goods.length)] },
    raw: Buffer.from(`\u0002+0   ${random.below(10_000)}   000\r`).toString("base64"),
  });

/** A line of `count` records, sealed behind about every `sealEvery`-th of them and behind the last. */
export const sealedRun = (signer: Signer, line: Line, count: number, sealEvery: number, random: Random): SealedRun => {
  const records: Uint8Array[] = [];
  const hashes = [chainStart(sha256, line)];
  const sealed = new Set([count]);
  for (let seq = 1; seq <= count; seq++) {
    const bytes = recordOf(line, seq, random);
    records.push(bytes);
    hashes.push(chainLink(sha256, hashes.at(-1) ?? bytes, sha256(bytes)));
    if (random.chance(1 / sealEvery)) sealed.add(seq);
  }
  return { line, signer, records, hashes, sealed };
};

const hashAt = ({ hashes }: SealedRun, seq: number): Uint8Array => hashes[seq] ?? sealsStart;
const recordAt = ({ records }: SealedRun, seq: number): Uint8Array => records[seq - 1] ?? sealsStart;

/** The `S` line over a place, as `signer` makes it at `wall`. */
export const sealLine = (run: SealedRun, seq: number, signer = run.signer, wall = wallOf(seq)): Uint8Array =>
  evidenceLines.seal(seq, sealAt(signer, run.line, seq, hashAt(run, seq), wall));

const isIn = (ranges: Stretch["withheld"], seq: number): boolean =>
  ranges.some(([from, to]) => from <= seq && seq <= to);

interface SpanText {
  readonly lines: readonly Uint8Array[];
  readonly span: EvidenceManifest["spans"][number];
}

const spanOf = ({ run, from, to, withheld }: Stretch, index: number): SpanText => {
  const lines = [evidenceLines.span(index)];
  let seals = sealsStart;
  for (let seq = from; seq <= to; seq++) {
    const bytes = recordAt(run, seq);
    lines.push(isIn(withheld, seq) ? evidenceLines.withheld(sha256(bytes)) : evidenceLines.record(bytes));
    if (!run.sealed.has(seq)) continue;
    const seal = sealLine(run, seq);
    seals = sealsLink(sha256, seals, seal.subarray(0, -1));
    lines.push(seal);
  }
  const { ep, eid } = run.line;
  const ends = { prev: toHex(hashAt(run, from - 1)), h: toHex(hashAt(run, to)), seals: toHex(seals) };
  const ranges = withheld.map(([low, high]): [number, number] => [low, high]);
  return { lines, span: { ep, eid, from, to, ...ends, withheld: ranges, disputed: false } };
};

/** An evidence file as the centre writes it. */
export const evidenceFile = (stretches: readonly Stretch[], { centre, keys }: Signers, asOf: string): Buffer => {
  const spans = stretches.map(spanOf);
  const gw = stretches[0]?.run.line.gw ?? "market-a";
  /** Each key but the first was brought in by the one before it. */
  const rotationOf = (index: number): string | null => {
    const [from, to] = [keys[index - 1], keys[index]];
    return from === undefined || to === undefined ? null : Buffer.from(encodeRotation(gw, from, to, asOf)).toString();
  };
  const manifest: EvidenceManifest = {
    v: 1,
    format: "mingcheng-evidence",
    gw,
    asOf,
    gen: "0f".repeat(16),
    asked: { from: null, to: null },
    spans: spans.map(({ span }) => span),
    gaps: [],
    keys: keys.map(({ kid, publicKey }, index) => ({
      kid,
      publicKey: toHex(publicKey),
      since: asOf,
      revokedFrom: null,
      rotation: rotationOf(index),
    })),
    records: stretches.reduce((sum, { from, to }) => sum + to - from + 1, 0),
    software: "mingcheng-sims",
  };
  return Buffer.concat([evidenceLines.manifest(manifest, centre), ...spans.flatMap(({ lines }) => lines)]);
};

/** A file that holds, and what is in it. */
export interface GoodFile {
  readonly file: Buffer;
  readonly stretches: readonly Stretch[];
}

/** A file to be mutated, and what a forger may have at hand. */
export interface Specimen extends GoodFile {
  readonly pinned: PinnedKeys;
  /** Another export of the same gateway: it holds under the same pinned keys. */
  readonly sibling: GoodFile;
  /** The sibling, an export of another gateway, and one that a forger signed throughout. */
  readonly others: readonly Buffer[];
  readonly forger: Signer;
}

const eidOf = (random: Random): string => Array.from({ length: 32 }, () => random.below(16).toString(16)).join("");

/** Three lines of a gateway that changed its key once, partly withheld. The chain follows from `random`; keys are fresh. */
export const specimen = (random: Random): Specimen => {
  const [centre, first, second, forger, foreign] = [newSigner(), newSigner(), newSigner(), newSigner(), newSigner()];
  const run = (gw: string, signer: Signer, ep: number, count: number, sealEvery: number) =>
    sealedRun(signer, { gw, ep, eid: eidOf(random) }, count, sealEvery, random);
  const one = run("market-a", first, 1, 16, 3);
  const begin = 1 + ([...one.sealed].sort((a, b) => a - b).find((seq) => seq >= 3 && seq < 16) ?? 0);
  const two = run("market-a", first, 2, 12, 1.5);
  const three = run("market-a", second, 2, 9, 6);
  const stretches: Stretch[] = [
    { run: one, from: begin, to: 16, withheld: [[15, 15]] },
    {
      run: two,
      from: 1,
      to: 12,
      withheld: [
        [3, 5],
        [12, 12],
      ],
    },
    { run: three, from: 1, to: 9, withheld: [] },
  ];
  const signers = { centre, keys: [first, second] };
  const whole = stretches.map(({ run: { records }, ...rest }, index) => ({
    ...rest,
    run: [one, two, three][index] ?? one,
    from: 1,
    to: records.length,
    withheld: [],
  }));
  const stranger = [{ run: run("market-b", foreign, 2, 12, 2), from: 1, to: 12, withheld: [] }];
  const sibling = { file: evidenceFile(whole, signers, "2026-11-24T11:00:00.000Z"), stretches: whole };
  return {
    sibling,
    file: evidenceFile(stretches, signers, "2026-11-24T10:00:00.000Z"),
    pinned: { gateway: first.publicKey, centre: centre.publicKey },
    stretches,
    others: [
      sibling.file,
      evidenceFile(stranger, { centre, keys: [foreign] }, "2026-11-24T10:00:00.000Z"),
      evidenceFile(stretches, { centre: forger, keys: [first, second] }, "2026-11-24T10:00:00.000Z"),
    ],
    forger,
  };
};
