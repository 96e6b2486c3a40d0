import { type EvidenceReport, EvidenceVerifier, LineCutter, type PinnedKeys } from "@mingcheng/protocols/evidence";
import { nodeCrypto } from "../load/node-crypto.ts";
import { createRandom, seedOf } from "../random.ts";
import { mutations } from "./mutations.ts";
import { type Expected, expectedPlace, isWithin, type Place } from "./place-oracle.ts";
import { type Specimen, specimen } from "./sealed-file.ts";

/** What the verifier says of a whole file. */
export const verifyWhole = (file: Uint8Array, pinned: PinnedKeys): EvidenceReport => {
  const verifier = new EvidenceVerifier(nodeCrypto, pinned);
  const cutter = new LineCutter();
  for (const line of cutter.push(file)) verifier.push(line);
  return verifier.finish({ isCutOff: cutter.isCutOff });
};

/** One mutated file and what was said of it. */
export interface Trial {
  readonly seed: number;
  readonly mutation: string;
  readonly file: Buffer;
  readonly expected: Expected;
  /** Null: not found. */
  readonly named: Place | null;
  readonly isRight: boolean;
}

/** Files that mutations start from; each serves many. */
export class Specimens {
  readonly #made = new Map<number, Specimen>();

  at(number: number): Specimen {
    const known = this.#made.get(number);
    if (known !== undefined) return known;
    const made = specimen(createRandom(number));
    this.#made.set(number, made);
    return made;
  }
}

const names = Object.keys(mutations);

/** Applies one mutation, chosen by its number; the same seed gives the same mutation of the same kind of file. */
export const mutate = (from: Specimen, seed: number, verify: typeof verifyWhole = verifyWhole): Trial => {
  const random = createRandom(seedOf(seed, "mutation"));
  const mutation = names[seed % names.length] ?? "";
  let file = from.file;
  // Some draws change nothing, or give the other export.
  while (file.equals(from.file) || file.equals(from.sibling.file)) file = mutations[mutation]?.(from, random) ?? file;
  const expected = expectedPlace(from, file);
  const { ok, fault } = verify(file, from.pinned);
  const named = ok || fault === null ? null : { span: fault.span, seq: fault.seq };
  return { seed, mutation, file, expected, named, isRight: named !== null && isWithin(named, expected) };
};
