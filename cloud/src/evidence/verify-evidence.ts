import { verify } from "node:crypto";
import { createReadStream } from "node:fs";
import { type AsyncCrypto, type EvidenceReport, type PinnedKeys, verifyChunks } from "@mingcheng/protocols";
import { nodeCrypto, publicKeyObject } from "../crypto/node-crypto.ts";

/** Signatures on the thread pool, so that they are verified while the chain is computed. */
const pooledCrypto: AsyncCrypto = {
  sha256: nodeCrypto.sha256,
  verify: ({ publicKey, octets, signature }) =>
    new Promise((resolve, reject) => {
      verify(null, octets, publicKeyObject(publicKey), signature, (error, holds) => {
        if (error === null) resolve(holds);
        else reject(error);
      });
    }),
};

/** Verifies an evidence file in bounded memory, with nothing but the file and the two pinned keys. */
export const verifyEvidence = (
  path: string,
  pinned: PinnedKeys,
  onRead?: (bytes: number) => void,
): Promise<EvidenceReport> =>
  verifyChunks(createReadStream(path, { highWaterMark: 1024 * 1024 }), pooledCrypto, pinned, onRead);
