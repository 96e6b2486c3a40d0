import type { Sha256 } from "../crypto/crypto-port.ts";
import type { EvidenceFault } from "./evidence-fault.ts";
import { type EvidenceReport, EvidenceVerifier, type PinnedKeys } from "./evidence-verifier.ts";
import { LineCutter } from "./line-cutter.ts";
import type { SignatureCheck } from "./signature-check.ts";

/** Signatures under way at the same time. More would only hold memory. */
const maxUnderWay = 1024;

/** What a runtime gives: hashing at once, signatures whenever they are ready. */
export interface AsyncCrypto {
  readonly sha256: Sha256;
  /** Whether the Ed25519 signature holds. A rejection counts as no: what is no key has signed nothing. */
  verify(check: SignatureCheck): Promise<boolean>;
}

/** Verifies signatures while the chain is computed, and knows the first in the file that does not hold. */
class SignatureQueue {
  firstBad: EvidenceFault | undefined;
  private readonly crypto: AsyncCrypto;
  private underWay = 0;
  private taken = 0;
  private badAt = Number.POSITIVE_INFINITY;
  private wake = (): void => undefined;

  constructor(crypto: AsyncCrypto) {
    this.crypto = crypto;
  }

  get isFull(): boolean {
    return this.underWay >= maxUnderWay;
  }

  take(check: SignatureCheck): void {
    const order = this.taken++;
    this.underWay++;
    const settle = (holds: boolean): void => {
      this.underWay--;
      if (!holds && order < this.badAt) {
        this.badAt = order;
        this.firstBad = check.fault;
      }
      this.wake();
    };
    void this.crypto.verify(check).then(settle, () => settle(false));
  }

  /** Until at most so many are under way. */
  async fallTo(most: number): Promise<void> {
    while (this.underWay > most) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}

/**
 * Verifies an evidence file that comes in chunks, in bounded memory, with nothing but the file and the two pinned keys.
 * Reading ends at the first fault. `onRead` hears the size of every chunk.
 */
export const verifyChunks = async (
  chunks: AsyncIterable<Uint8Array>,
  crypto: AsyncCrypto,
  pinned: PinnedKeys,
  onRead?: (bytes: number) => void,
): Promise<EvidenceReport> => {
  const signatures = new SignatureQueue(crypto);
  // Every signature is deferred: `verify` is never asked.
  const port = { sha256: crypto.sha256, verify: () => false };
  const verifier = new EvidenceVerifier(port, pinned, { defer: (check) => signatures.take(check) });
  const cutter = new LineCutter();
  for await (const chunk of chunks) {
    onRead?.(chunk.length);
    for (const line of cutter.push(chunk)) {
      verifier.push(line);
      if (signatures.isFull) await signatures.fallTo(maxUnderWay / 2);
    }
    if (verifier.isBroken || cutter.isTooLong || signatures.firstBad !== undefined) break;
  }
  await signatures.fallTo(0);
  return verifier.finish({ isCutOff: cutter.isCutOff, badSignature: signatures.firstBad });
};
