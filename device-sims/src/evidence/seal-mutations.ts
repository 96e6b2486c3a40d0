import type { Signer } from "@mingcheng/protocols";
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
import { type Specimen, sealLine } from "./sealed-file.ts";

const reseal = (specimen: Specimen, random: Random, signer: (own: Signer) => Signer, wall?: string): Buffer => {
  const all = linesOf(specimen.file);
  const index = random.below(specimen.stretches.length);
  const stretch = specimen.stretches[index];
  const [start, end] = blocksOf(all)[index] ?? [0, 0];
  const seals = all.flatMap((line, at) => (at > start && at < end && line[0] === 0x53 ? [at] : []));
  const at = pick(seals, random);
  const seq = Number(/"seq":(\d+)/.exec(all[at]?.toString("latin1") ?? "")?.[1]);
  if (stretch !== undefined)
    all[at] = Buffer.from(sealLine(stretch.run, seq, signer(stretch.run.signer), wall).subarray(0, -1));
  return joined(all);
};

/** S + L: the same signature modulo the group order (RFC 8032 §5.1.7 forbids it). */
const order = 2n ** 252n + 27742317777372353535851937790883648493n;
const beyondOrder = (sig: string): string => {
  const octets = Buffer.from(sig, "base64");
  const scalar = BigInt(`0x${Buffer.from(octets.subarray(32)).reverse().toString("hex")}`) + order;
  Buffer.from(scalar.toString(16).padStart(64, "0"), "hex").reverse().copy(octets, 32);
  return octets.toString("base64");
};

const sigPattern = /"sig":"([A-Za-z0-9+/]{85})(.)==/;
const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const insertAt = (text: string, at: number, what: string): string => text.slice(0, at) + what + text.slice(at);

/** False seals, and seals written otherwise. */
export const seals: Record<string, Mutation> = {
  "a seal of another place": onLines((all, random) => {
    const places = all.flatMap((line, index) => (line[0] === 0x53 ? [index] : []));
    all[pick(places, random)] = all[pick(places, random)] ?? lineFeed;
  }),
  "a seal of another gateway": onLines((all, random, { others }) => {
    const foreign = linesOf(others[1] ?? lineFeed).filter((line) => line[0] === 0x53);
    all[afterSeal(all, random) - 1] = pick(foreign, random);
  }),
  "a seal by a forger": (specimen, random) => reseal(specimen, random, () => specimen.forger),
  "a seal by a forger under the gateway's key id": (specimen, random) =>
    reseal(specimen, random, ({ kid, publicKey }) => ({ ...specimen.forger, kid, publicKey })),
  "a seal that the gateway made at another time": (specimen, random) =>
    reseal(specimen, random, (own) => own, "2026-11-24T23:59:59.000+08:00"),
  "a signature beyond the group's order": onOneLine("S ", (text) =>
    text.replace(/"sig":"([^"]+)"/, (_, sig: string) => `"sig":"${beyondOrder(sig)}"`),
  ),
  "a signature with other unused bits": onOneLine("S ", (text, random) =>
    text.replace(
      sigPattern,
      (_, head: string, last: string) => `"sig":"${head}${digits[digits.indexOf(last) ^ (1 + random.below(15))]}==`,
    ),
  ),
  "a seal in other spacing": onOneLine("S ", (text, random) => insertAt(text, pick([2, 3, 9], random), " ")),
  "a seal with members in another order": onOneLine("S ", (text) =>
    text.replace(/("seq":\d+),("wall":"[^"]+")/, "$2,$1"),
  ),
  "a seal with one more member": onOneLine("S ", (text) => text.replace("{", '{"v":1,')),
  "a seal with an escaped letter": onOneLine("S ", (text) => text.replace('"wall":"2', '"wall":"\\u0032')),
  "a number written otherwise": onOneLine("S ", (text, random) =>
    text.replace(
      /"seq":(\d+)/,
      (_, seq: string) => `"seq":${pick([`0${seq}`, `${seq}.0`, `${seq}e0`, `+${seq}`, `"${seq}"`], random)}`,
    ),
  ),
};
