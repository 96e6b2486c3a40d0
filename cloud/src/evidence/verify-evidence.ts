import { verify } from "node:crypto";
import { createReadStream } from "node:fs";
import {
  type EvidenceFault,
  type EvidenceReport,
  EvidenceVerifier,
  LineCutter,
  type PinnedKeys,
  type SignatureCheck,
} from "@mingcheng/protocols";
import { nodeCrypto, publicKeyObject } from "../crypto/node-crypto.ts";

/** Signatures on their way to the thread pool. More would only hold memory. */
const maxInFlight = 256;

/** Verifies signatures on the thread pool while the chain is computed, and knows the first that does not hold. */
class SignatureQueue {
  firstBad: EvidenceFault | undefined;
  readonly #inFlight = new Set<Promise<void>>();
  #taken = 0;
  #badAt = Number.POSITIVE_INFINITY;

  get isFull(): boolean {
    return this.#inFlight.size >= maxInFlight;
  }

  take(check: SignatureCheck): void {
    const order = this.#taken++;
    const done = this.#holds(check).then((holds) => {
      this.#inFlight.delete(done);
      if (holds || order > this.#badAt) return;
      this.#badAt = order;
      this.firstBad = check.fault;
    });
    this.#inFlight.add(done);
  }

  /** Until there is room. */
  async room(): Promise<void> {
    while (this.isFull) await Promise.race(this.#inFlight);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#inFlight);
  }

  #holds({ publicKey, octets, signature }: SignatureCheck): Promise<boolean> {
    return new Promise((resolve) => {
      try {
        verify(null, octets, publicKeyObject(publicKey), signature, (error, holds) => resolve(error === null && holds));
      } catch {
        // 32 octets that are no public key.
        resolve(false);
      }
    });
  }
}

/**
 * Verifies an evidence file in constant memory, with nothing but the file and the two pinned keys. Signatures are verified
 * on the thread pool.
 */
export const verifyEvidence = async (
  path: string,
  pinned: PinnedKeys,
  onRead?: (bytes: number) => void,
): Promise<EvidenceReport> => {
  const signatures = new SignatureQueue();
  const verifier = new EvidenceVerifier(nodeCrypto, pinned, { defer: (check) => signatures.take(check) });
  const cutter = new LineCutter();
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    onRead?.(chunk.length);
    for (const line of cutter.push(chunk)) {
      verifier.push(line);
      if (signatures.isFull) await signatures.room();
    }
    if (verifier.isBroken || cutter.isTooLong || signatures.firstBad !== undefined) break;
  }
  await signatures.settled();
  return verifier.finish({ isCutOff: cutter.isCutOff, badSignature: signatures.firstBad });
};
