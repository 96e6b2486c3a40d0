import { toHex } from "@mingcheng/protocols";
import { nodeCrypto } from "../load/node-crypto.ts";
import type { Random } from "../random.ts";
import {
  afterSeal,
  blocksOf,
  joined,
  lineFeed,
  linesOf,
  type Mutation,
  onLines,
  onOneLine,
  pick,
} from "./line-edits.ts";
import type { Specimen } from "./sealed-file.ts";

/** Records, digests and span lines that say something else. */
export const records: Record<string, Mutation> = {
  "a weight changed": onOneLine("R ", (text, random) =>
    text.replace(/"grams":"\d+"/, `"grams":"${random.below(99_999)}"`),
  ),
  "a record that names another place": onOneLine("R ", (text, random) =>
    text.replace(/"seq":\d+/, `"seq":${1 + random.below(20)}`),
  ),
  "a record written anew": onOneLine(
    "R ",
    (text) => `R ${JSON.stringify(JSON.parse(text.slice(2)), null, 1).replaceAll("\n", "")}`,
  ),
  "a record normalised": onOneLine("R ", (text) => text.normalize("NFD")),
  "a letter escaped": onOneLine("R ", (text) =>
    text.replace(/[^ -~]/, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`),
  ),
  "a member twice": onOneLine("R ", (text) => text.replace("{", '{"v":1,')),
  "a space at the end": onOneLine("R ", (text) => `${text} `),
  "a record withheld": onOneLine("R ", (text) => `D ${toHex(nodeCrypto.sha256(Buffer.from(text.slice(2))))}`),
  "a withheld record shown": onLines((all, random, { stretches }) => {
    const places = all.flatMap((line, index) => (line[0] === 0x44 ? [index] : []));
    const at = pick(places, random);
    const hex = all[at]?.subarray(2).toString("latin1");
    const found = stretches.flatMap(({ run }) => run.records).find((each) => toHex(nodeCrypto.sha256(each)) === hex);
    if (found !== undefined) all[at] = Buffer.concat([Buffer.from("R "), found]);
  }),
  "a digest in capitals": onOneLine("D ", (text) => `D ${text.slice(2).toUpperCase()}`),
  "a span numbered otherwise": onOneLine("P ", (text, random) =>
    pick([`P 0${text.slice(2)}`, `${text} `, `P ${random.below(9)}`, "P", "P  0", "p 0"], random),
  ),
};

const manifestEdits: readonly [RegExp, string][] = [
  [/"records":\d+/, '"records":12'],
  [/"asOf":"2026/, '"asOf":"2025'],
  [/"withheld":\[\[\d+/, '"withheld":[[1'],
  [/"disputed":false/, '"disputed":true'],
  [/"gaps":\[\]/, '"gaps":[{"ep":1,"eid":"00112233445566778899aabbccddeeff","from":1,"to":null,"reason":"lost"}]'],
  [/"h":"../, '"h":"00'],
  [/"seals":"../, '"seals":"00'],
  [/"revokedFrom":null/, '"revokedFrom":{"ep":9,"eid":"00112233445566778899aabbccddeeff","seq":1}'],
  [/"rotation":"[^}]*\\n"/, '"rotation":null'],
  [/\{"v":1/, '{"v":1.0'],
  [/^/, " "],
];

const onManifest = (edit: (text: string, random: Random, specimen: Specimen) => string): Mutation =>
  onLines((all, random, specimen) => {
    all[0] = Buffer.from(edit(all[0]?.toString("utf8") ?? "", random, specimen));
  });

/** Manifests that say something else. */
export const manifests: Record<string, Mutation> = {
  "the manifest changed": onManifest((text, random) => text.replace(...pick(manifestEdits, random))),
  "a key replaced": onManifest((text, random, { forger }) => {
    const keys = [...text.matchAll(/"kid":"[0-9a-f]{16}","publicKey":"[0-9a-f]{64}"/g)].map(([found]) => found);
    return text.replace(pick(keys, random), `"kid":"${forger.kid}","publicKey":"${toHex(forger.publicKey)}"`);
  }),
  "the manifest signed by a forger": onLines((all, random, { others, file }) => {
    const [body, tail] = linesOf(others[2] ?? file);
    all.splice(0, 2, pick([all[0], body], random) ?? lineFeed, tail ?? lineFeed);
  }),
  "a signature under another key's id": onLines((all, _, { forger }) => {
    all[1] = Buffer.from((all[1]?.toString() ?? "").replace(/"kid":"[^"]+"/, `"kid":"${forger.kid}"`));
  }),
};

const spliced = (specimen: Specimen, random: Random, atSeals: boolean): Buffer => {
  const other = linesOf(pick(specimen.others, random));
  const own = linesOf(specimen.file);
  const [head, tail] = random.chance(0.5) ? [own, other] : [other, own];
  const place = (of: readonly Buffer[]) => (atSeals ? afterSeal(of, random) : 1 + random.below(of.length - 1));
  return joined([...head.slice(0, place(head)), ...tail.slice(place(tail))]);
};

/** Files made of two. */
export const splices: Record<string, Mutation> = {
  "two exports spliced": (specimen, random) => spliced(specimen, random, false),
  "two exports spliced at seals": (specimen, random) => spliced(specimen, random, true),
  "a span of another export": onLines((all, random, { others }) => {
    const other = linesOf(pick(others, random));
    const [from, to] = pick(blocksOf(other), random);
    const [start, end] = pick(blocksOf(all), random);
    all.splice(start + 1, end - start - 1, ...other.slice(from + 1, to));
  }),
  "the manifest of another export": onLines((all, random, { others }) => {
    all.splice(0, 2, ...linesOf(pick(others, random)).slice(0, 2));
  }),
};
