import type { DeviceCodec } from "@mingcheng/protocols";
import { type Evidence, evidenceOf } from "./evidence.ts";

/** A family that may be speaking, with its score from 0 to 1. */
export interface Candidate extends Evidence {
  /** Share of the heard bytes that its frames explain, edges left out. */
  readonly coverage: number;
  readonly score: number;
  /** True when it understands the line as well with the parity bit taken off every byte. */
  readonly maskable: boolean;
}

/**
 * What is known of a line. `recognised`: one family explains it. `ambiguous`: several do, equally well. `possible`: one
 * explains some of it, or too little was heard. `unknown`: nobody does. `silent`: nothing was heard.
 */
export type Outcome = "recognised" | "ambiguous" | "possible" | "unknown" | "silent";

/** The families that may be speaking, best first. */
export interface Ranking {
  readonly outcome: Outcome;
  readonly candidates: readonly Candidate[];
  /** How many of the first candidates explain the line equally well; 1 when recognised. */
  readonly equals: number;
}

/** Score from which a family counts as recognised. */
const recognisedFrom = 0.75;
/** Score below which a family is not worth naming. */
const namedFrom = 0.15;
/** Families closer together than this cannot be told apart by listening. */
const equalWithin = 0.04;
/** Fixed bits after which half of the remaining doubt is gone. */
const halfDoubtBits = 16;
const framesNeeded = 3;
/** What control characters alone are worth: an ENQ is heard from a tester that waits, and from many tills. */
const onlyControls = 0.4;

const scored = (evidence: Evidence): Omit<Candidate, "maskable"> => {
  const { bytes, edgeBytes, frames, frameBytes, requestBytes, rigidity, consistency } = evidence;
  const judged = Math.max(1, bytes - edgeBytes);
  const coverage = Math.min(1, (frameBytes + Math.min(requestBytes, frameBytes)) / judged);
  const fixedBits = frameBytes * 8 * rigidity;
  const weight = 1 - 2 ** (-fixedBits / halfDoubtBits);
  const form = (0.75 + 0.25 * consistency) * (0.75 + 0.25 * rigidity);
  const score = coverage * weight * form * (frames === 0 ? onlyControls : 1);
  return { ...evidence, coverage, score };
};

/** Scores closer together than this are the same. */
const sameWithin = 0.001;

/** A family as it fits best: with the parity bit of every byte, or without when that alone makes sense of them. */
const candidateOf = (codec: DeviceCodec, bytes: Uint8Array, hasHighBits: boolean): Candidate => {
  const plain = scored(evidenceOf(codec, bytes));
  if (!hasHighBits) return { ...plain, maskable: true };
  const masked = scored(evidenceOf(codec, bytes, true));
  const maskable = masked.score >= plain.score - sameWithin;
  return { ...(masked.score > plain.score + sameWithin ? masked : plain), maskable };
};

/** Ranks `codecs` by how well they explain `bytes`. Pure. */
export const rank = (codecs: readonly DeviceCodec[], bytes: Uint8Array): Ranking => {
  if (bytes.length === 0) return { outcome: "silent", candidates: [], equals: 0 };
  const hasHighBits = bytes.some((byte) => byte > 0x7f);
  const candidates = codecs
    .map((codec) => candidateOf(codec, bytes, hasHighBits))
    .filter(({ score }) => score >= namedFrom)
    .sort((a, b) => b.score - a.score || (a.protocol < b.protocol ? -1 : 1));
  const [best] = candidates;
  if (best === undefined) return { outcome: "unknown", candidates, equals: 0 };
  const equals = candidates.filter(({ score }) => score >= best.score - equalWithin).length;
  if (best.score < recognisedFrom || best.frames < framesNeeded) return { outcome: "possible", candidates, equals };
  return { outcome: equals > 1 ? "ambiguous" : "recognised", candidates, equals };
};
