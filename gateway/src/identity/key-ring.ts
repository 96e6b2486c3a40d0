import type { Signer } from "@mingcheng/protocols";

/** The key that seals now, with the key log that vouches for it. */
export interface KeyRing extends Signer {
  /** Every rotation statement, as sent to the centre; empty before the first rotation. */
  readonly log: Uint8Array;
  /** Another key seals from now on. Tells who listens, right after. */
  adopt(signer: Signer, log: Uint8Array): void;
  /** Calls `listener` after every change of key; returns how to end that. */
  onRotated(listener: () => void): () => void;
}

/**
 * A signer whose key can change while the gateway runs. `kid` and `sign` of one synchronous turn belong to the same key.
 */
export const createKeyRing = (first: Signer, firstLog: Uint8Array): KeyRing => {
  let current = first;
  let log = firstLog;
  const listeners = new Set<() => void>();
  return {
    get kid() {
      return current.kid;
    },
    get publicKey() {
      return current.publicKey;
    },
    get log() {
      return log;
    },
    sign: (octets) => current.sign(octets),
    adopt: (signer, newLog) => {
      current = signer;
      log = newLog;
      for (const listener of listeners) listener();
    },
    onRotated: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
