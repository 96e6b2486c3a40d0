import { createReadStream } from "node:fs";
import { type EvidenceReport, EvidenceVerifier, maxRecordBytes, type PinnedKeys } from "@mingcheng/protocols";
import { nodeCrypto } from "../crypto/node-crypto.ts";

/** The manifest names every span, gap and withheld stretch on one line; nothing else comes near this. */
const maxLineBytes = 64 * 1024 * 1024;

/** Splits a file into lines without ever holding more than one. */
async function* linesOf(path: string, onRead?: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    onRead?.(chunk.length);
    const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (let end = data.indexOf(0x0a); end >= 0; end = data.indexOf(0x0a, at)) {
      yield data.subarray(at, end);
      at = end + 1;
    }
    rest = data.subarray(at);
    if (rest.length > maxLineBytes + maxRecordBytes) break;
  }
  if (rest.length > 0) yield rest;
}

/** Verifies an evidence file in constant memory, with nothing but the file and the two pinned keys. */
export const verifyEvidence = async (
  path: string,
  pinned: PinnedKeys,
  onRead?: (bytes: number) => void,
): Promise<EvidenceReport> => {
  const verifier = new EvidenceVerifier(nodeCrypto, pinned);
  for await (const line of linesOf(path, onRead)) verifier.push(line);
  return verifier.finish();
};
