import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { nodeCrypto } from "../src/load/node-crypto.ts";

/** What the format demands of cryptography, ready to be computed. */
export interface RawWork {
  /** Each is hashed once: every record and every link of the chain. */
  readonly hashed: readonly Uint8Array[];
  readonly publicKey: Uint8Array;
  readonly seals: readonly { readonly octets: Uint8Array; readonly signature: Uint8Array }[];
}

/** What every thread has: the signatures, and one counter of those that are taken. */
export type SharedSeals = Pick<RawWork, "publicKey" | "seals"> & { readonly next: Int32Array };

/** Signatures taken at a time. */
const share = 32;

/** Verifies signatures until none is left. @throws Error when one does not hold */
export const verifyShare = ({ publicKey, seals, next }: SharedSeals): void => {
  for (let from = Atomics.add(next, 0, share); from < seals.length; from = Atomics.add(next, 0, share)) {
    for (const { octets, signature } of seals.slice(from, from + share)) {
      if (!nodeCrypto.verify(publicKey, octets, signature)) throw new Error("a seal of the benchmark does not verify");
    }
  }
};

/**
 * Seconds for nothing but SHA-256 of each record and link, which is one thread's work because a chain is, and Ed25519 of
 * each seal, on `threads` threads. Starting them and handing them the work is not counted.
 */
export const rawSeconds = async ({ hashed, publicKey, seals }: RawWork, threads: number): Promise<number> => {
  const shared: SharedSeals = { publicKey, seals, next: new Int32Array(new SharedArrayBuffer(4)) };
  const workers = Array.from(
    { length: threads - 1 },
    () => new Worker(new URL("./raw-crypto-entry.js", import.meta.url), { workerData: shared }),
  );
  await Promise.all(workers.map((worker) => once(worker, "message")));
  const startedAt = performance.now();
  const ends = workers.map((worker) => once(worker, "exit"));
  for (const worker of workers) worker.postMessage("go");
  for (const bytes of hashed) nodeCrypto.sha256(bytes);
  verifyShare(shared);
  await Promise.all(ends);
  return (performance.now() - startedAt) / 1000;
};
