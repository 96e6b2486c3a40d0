import { encodeRotation, type Signer, toHex } from "@mingcheng/protocols";
import { type EvidenceManifest, evidenceLines, sealsLink, sealsStart } from "@mingcheng/protocols/evidence";
import {
  centre,
  first,
  gateway,
  gen,
  rotated,
  sealOf,
  second,
  sha256,
  type VectorLine,
  wall,
} from "./vectors-material.ts";

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");
const h = ({ hashes }: VectorLine, seq: number): string => toHex(hashes[seq] as Uint8Array);

const keyOf = (
  { kid, publicKey }: Signer,
  since: number,
  rotation: string | null = null,
): EvidenceManifest["keys"][number] => ({
  kid,
  publicKey: toHex(publicKey),
  since: wall(since),
  revokedFrom: null,
  rotation,
});

/** The gateway's first key names its second. */
const rotation = text(encodeRotation(first.line.gw, gateway, rotated, wall(4)));

const spanOf = (
  of: VectorLine,
  from: number,
  to: number,
  withheld: [number, number][],
  seals: readonly Uint8Array[],
): EvidenceManifest["spans"][number] => ({
  ep: of.line.ep,
  eid: of.line.eid,
  from,
  to,
  prev: h(of, from - 1),
  h: h(of, to),
  seals: toHex(seals.reduce((hash, line) => sealsLink(sha256, hash, line.subarray(0, -1)), sealsStart)),
  withheld,
  disputed: false,
});

const manifestOf = (
  rest: Pick<EvidenceManifest, "spans" | "keys" | "records"> & Partial<EvidenceManifest>,
): EvidenceManifest => ({
  v: 1,
  format: "mingcheng-evidence",
  gw: first.line.gw,
  asOf: wall(5),
  gen,
  asked: { from: null, to: null },
  gaps: [],
  restores: [],
  software: "mingcheng-cloud 0.1.0",
  ...rest,
});

const record = (of: VectorLine, seq: number): Uint8Array => evidenceLines.record(of.records[seq - 1] as Uint8Array);
const digest = (of: VectorLine, seq: number): Uint8Array =>
  evidenceLines.withheld(sha256(of.records[seq - 1] as Uint8Array));
const seal = (of: VectorLine, seq: number, signer: Signer): Uint8Array =>
  evidenceLines.seal(seq, sealOf(of, seq, signer));
const join = (lines: readonly Uint8Array[]): string => lines.map(text).join("");

/** One span; record 3 is withheld. */
export const evidenceFile = (): string =>
  join([
    evidenceLines.manifest(
      manifestOf({
        spans: [spanOf(first, 1, 3, [[3, 3]], [seal(first, 2, gateway), seal(first, 3, gateway)])],
        keys: [keyOf(gateway, 0)],
        records: 3,
      }),
      centre,
    ),
    evidenceLines.span(0),
    record(first, 1),
    record(first, 2),
    seal(first, 2, gateway),
    digest(first, 3),
    seal(first, 3, gateway),
  ]);

const twoSpans = (): EvidenceManifest =>
  manifestOf({
    spans: [spanOf(first, 3, 3, [], [seal(first, 3, gateway)]), spanOf(second, 1, 2, [], [seal(second, 2, rotated)])],
    keys: [keyOf(gateway, 0), keyOf(rotated, 4, rotation)],
    records: 3,
  });

const spanLines = (): readonly Uint8Array[] => [
  evidenceLines.span(0),
  record(first, 3),
  seal(first, 3, gateway),
  evidenceLines.span(1),
  record(second, 1),
  record(second, 2),
  seal(second, 2, rotated),
];

/** Two spans: the end of one line, and the next line whole, sealed with the second key. */
export const twoSpansFile = (): string => join([evidenceLines.manifest(twoSpans(), centre), ...spanLines()]);

/**
 * A box that was replaced: the first key is revoked behind record 3 of its line, the second came by an enrolment, so that
 * nothing joins the two. Records 1 and 3 are withheld, and three gaps are named, one of them open-ended.
 */
export const revokedFile = (): string => {
  const { ep, eid } = first.line;
  const seals = [seal(first, 2, gateway), seal(first, 3, gateway)];
  const withheld: [number, number][] = [
    [1, 1],
    [3, 3],
  ];
  const manifest = manifestOf({
    asked: { from: wall(0), to: null, devices: ["scale-a12"], withhold: ["others"] },
    spans: [
      spanOf(first, 1, 3, withheld, seals),
      { ...spanOf(second, 1, 2, [], [seal(second, 2, rotated)]), disputed: true },
    ],
    gaps: [
      { ep, eid, from: 4, to: 7, reason: "revoked" },
      { ep, eid, from: 8, to: 8, reason: "lost" },
      { ep, eid, from: 9, to: null, reason: "rollback" },
    ],
    keys: [{ ...keyOf(gateway, 0), revokedFrom: { ep, eid, seq: 4 } }, keyOf(rotated, 4)],
    records: 5,
  });
  return join([
    evidenceLines.manifest(manifest, centre),
    evidenceLines.span(0),
    digest(first, 1),
    record(first, 2),
    seal(first, 2, gateway),
    digest(first, 3),
    seal(first, 3, gateway),
    evidenceLines.span(1),
    record(second, 1),
    record(second, 2),
    seal(second, 2, rotated),
  ]);
};

interface Invalid {
  readonly about: string;
  /** Where the first fault is; null where it is not inside a span. */
  readonly span: number | null;
  readonly seq: number | null;
  readonly file: string;
}

/** Rotation statements that say nothing. */
const badRotations = (): [about: string, statement: string][] => {
  const { gw } = first.line;
  const [body = "", byOld = "", byNew = ""] = rotation.split("\n");
  return [
    ["a rotation statement of another gateway", text(encodeRotation("market-other", gateway, rotated, wall(4)))],
    ["a rotation statement whose time was changed", rotation.replace(":04.", ":05.")],
    ["a rotation statement that only the new key signed", [body, byNew, byNew, ""].join("\n")],
    ["a rotation statement to another key", text(encodeRotation(gw, gateway, centre, wall(4)))],
    ["a rotation statement from a key that is not in the history", text(encodeRotation(gw, centre, rotated, wall(4)))],
    ["a rotation statement without its last line feed", rotation.slice(0, -1)],
    ["a rotation statement with other spacing", [body, byOld.replace(",", ", "), byNew, ""].join("\n")],
  ];
};

const signedAnew = (change: Partial<EvidenceManifest>, lines: readonly Uint8Array[] = spanLines()): string =>
  join([evidenceLines.manifest({ ...twoSpans(), ...change }, centre), ...lines]);

/** Files that a verifier must refuse, each with one fault. */
const invalidFiles = (): Invalid[] => {
  const good = twoSpansFile();
  const lines = good.split("\n");
  const without = (at: number): string => lines.toSpliced(at, 1).join("\n");
  const [spans, keys] = [twoSpans().spans, twoSpans().keys];
  const revokedFrom = { ep: second.line.ep, eid: second.line.eid, seq: 1 };
  const foreignSeal = evidenceLines.seal(2, sealOf(first, 2, gateway));
  return [
    {
      about: "a weight changed, later one seal",
      span: 1,
      seq: 2,
      file: good.replace('"state":"overload"', '"state":"underload"'),
    },
    { about: "the last record of a line deleted", span: 0, seq: 3, file: without(3) },
    { about: "a record deleted in front of another", span: 1, seq: 1, file: without(6) },
    { about: "a record twice", span: 1, seq: 2, file: lines.toSpliced(6, 0, lines[6] as string).join("\n") },
    { about: "a seal deleted", span: 1, seq: 2, file: without(8) },
    { about: "a seal of another line", span: 1, seq: 2, file: lines.with(8, text(foreignSeal).trimEnd()).join("\n") },
    {
      about: "a seal with other spacing",
      span: 1,
      seq: 2,
      file: lines.with(8, (lines[8] as string).replace('"wall":', '"wall": ')).join("\n"),
    },
    { about: "a span deleted", span: 1, seq: null, file: `${lines.slice(0, 5).join("\n")}\n` },
    {
      about: "a record given as a digest that the manifest does not withhold",
      span: 0,
      seq: 3,
      file: lines.with(3, text(digest(first, 3)).trimEnd()).join("\n"),
    },
    {
      about: "the manifest changed after signing",
      span: null,
      seq: null,
      file: good.replace('"asked":{"from":null', '"asked":{"from":"2026"'),
    },
    {
      about: "the manifest signed by the gateway",
      span: null,
      seq: null,
      file: join([evidenceLines.manifest(twoSpans(), gateway), ...spanLines()]),
    },
    {
      about: "the pinned key of the gateway not in the key history",
      span: null,
      seq: null,
      file: signedAnew({ keys: keys.slice(1) }),
    },
    {
      about: "a key under another key's id",
      span: null,
      seq: null,
      file: signedAnew({ keys: [keys[0], { ...keys[1], kid: centre.kid }] as typeof keys }),
    },
    { about: "a key twice", span: null, seq: null, file: signedAnew({ keys: [...keys, ...keys.slice(1)] }) },
    ...badRotations().map(([about, statement]) => ({
      about,
      span: null,
      seq: null,
      file: signedAnew({ keys: [keys[0], { ...keys[1], rotation: statement }] as typeof keys }),
    })),
    {
      about: "sealed behind the revocation of the key",
      span: 1,
      seq: 2,
      file: signedAnew({ keys: [keys[0], { ...keys[1], revokedFrom }] as typeof keys }),
    },
    {
      about: "a line that does not begin at its start",
      span: 1,
      seq: 1,
      file: signedAnew({ spans: [spans[0], { ...spans[1], prev: "00".repeat(32) }] as typeof spans }),
    },
    {
      about: "another h at the end than the manifest says",
      span: 0,
      seq: 3,
      file: signedAnew({ spans: [{ ...spans[0], h: "00".repeat(32) }, spans[1]] as typeof spans }),
    },
    {
      about: "a seal that the manifest counts, but that no later one needs, left out",
      span: 0,
      seq: 3,
      file: evidenceFile().split("\n").toSpliced(5, 1).join("\n"),
    },
    { about: "a seal twice", span: 0, seq: 3, file: lines.toSpliced(4, 0, lines[4] as string).join("\n") },
    {
      about: "lines that end with carriage return and line feed",
      span: null,
      seq: null,
      file: good.replaceAll("\n", "\r\n"),
    },
    { about: "a byte order mark in front of the file", span: null, seq: null, file: `\ufeff${good}` },
    {
      about: "a byte order mark in a seal",
      span: 1,
      seq: 2,
      file: lines.with(8, `S \ufeff${lines[8]?.slice(2)}`).join("\n"),
    },
    { about: "the last line feed cut off", span: 1, seq: 2, file: good.slice(0, -1) },
    { about: "one line more at the end", span: 1, seq: 2, file: `${good}\n` },
    { about: "fewer records than announced", span: null, seq: null, file: signedAnew({ records: 4 }) },
  ];
};

export const invalidEvidenceVector = () => ({
  about:
    "Evidence files to be refused. `span` and `seq` say where the first fault is: inside a span at this record, or (null) at none of them. A change shows at the first seal behind it.",
  files: invalidFiles(),
});
