import { createReadStream } from "node:fs";
import { type EvidenceReport, EvidenceVerifier, LineCutter, type PinnedKeys } from "@mingcheng/protocols/evidence";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import { SignaturePool } from "./signature-pool.ts";

/** Options of {@link verifyEvidence}. */
export interface VerifyOptions {
  /** Hears the size of every piece that was read. */
  readonly onRead?: (bytes: number) => void;
  /** Threads that verify signatures; default: as many as there are cores, at most 8. */
  readonly threads?: number;
}

/**
 * Verifies an evidence file in bounded memory, with nothing but the file and the two pinned keys. One thread computes the
 * chain, all of them verify signatures. Reading ends at the first fault.
 */
export const verifyEvidence = async (
  path: string,
  pinned: PinnedKeys,
  { onRead, threads }: VerifyOptions = {},
): Promise<EvidenceReport> => {
  const signatures = new SignaturePool(threads);
  const verifier = new EvidenceVerifier(nodeCrypto, pinned, { defer: (check) => signatures.take(check) });
  const cutter = new LineCutter();
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
      onRead?.(chunk.length);
      for (const line of cutter.push(chunk)) {
        verifier.push(line);
        if (signatures.isFull) await signatures.relieve();
      }
      if (verifier.isBroken || cutter.isTooLong || signatures.firstBad !== undefined) break;
    }
  } finally {
    await signatures.finish();
  }
  return verifier.finish({ isCutOff: cutter.isCutOff, badSignature: signatures.firstBad });
};
