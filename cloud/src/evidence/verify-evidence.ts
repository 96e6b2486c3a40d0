import { createReadStream } from "node:fs";
import { type EvidenceReport, EvidenceVerifier, LineCutter, type PinnedKeys } from "@mingcheng/protocols";
import { nodeCrypto } from "../crypto/node-crypto.ts";

/**
 * Verifies an evidence file in bounded memory, with nothing but the file and the two pinned keys. One signature after the
 * other: handing them to the thread pool costs as much as verifying them.
 */
export const verifyEvidence = async (
  path: string,
  pinned: PinnedKeys,
  onRead?: (bytes: number) => void,
): Promise<EvidenceReport> => {
  const verifier = new EvidenceVerifier(nodeCrypto, pinned);
  const cutter = new LineCutter();
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    onRead?.(chunk.length);
    for (const line of cutter.push(chunk)) verifier.push(line);
    if (verifier.isBroken || cutter.isTooLong) break;
  }
  return verifier.finish({ isCutOff: cutter.isCutOff });
};
