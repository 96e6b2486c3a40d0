/** Bytes that came and are not decided yet, first in, first out. */
export interface ByteQueue {
  readonly length: number;
  /** The queued bytes. Valid until the next call of `append` or `take`; to be copied, never changed. */
  view(): Uint8Array;
  append(bytes: Uint8Array): void;
  /** Removes the first `length` bytes and returns a copy of them. */
  take(length: number): Uint8Array<ArrayBuffer>;
  /** Removes the first `length` bytes. */
  skip(length: number): void;
}

/** Storage kept while a queue is empty. */
const idleBytes = 256;

/** A queue whose cost per byte does not depend on how the bytes are cut; a hostile line may send them one by one. */
export const createByteQueue = (): ByteQueue => {
  let store = new Uint8Array(idleBytes);
  let from = 0;
  let to = 0;

  const makeRoom = (added: number) => {
    if (to + added <= store.length) return;
    const length = to - from;
    const target = length + added <= store.length / 2 ? store : new Uint8Array(2 * (length + added));
    target.set(store.subarray(from, to));
    store = target;
    from = 0;
    to = length;
  };

  const skip = (length: number) => {
    from = Math.min(from + length, to);
    if (from < to) return;
    from = 0;
    to = 0;
    if (store.length > 16 * idleBytes) store = new Uint8Array(idleBytes);
  };

  return {
    get length() {
      return to - from;
    },
    view: () => store.subarray(from, to),
    append: (bytes) => {
      makeRoom(bytes.length);
      store.set(bytes, to);
      to += bytes.length;
    },
    take: (length) => {
      const head = store.slice(from, Math.min(from + length, to));
      skip(head.length);
      return head;
    },
    skip,
  };
};
