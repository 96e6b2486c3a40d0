import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frameBytes, frameTypes, maxFrameBytes, payloadAt, writeFrame } from "./frame.ts";
import { scanFrames } from "./frame-scan.ts";
import type { OutboxFile } from "./outbox-files.ts";

const fileOf = (bytes: Buffer): OutboxFile => ({
  size: () => Promise.resolve(bytes.length),
  read: (into, length, position) => {
    const piece = bytes.subarray(position, position + length);
    into.set(piece);
    return Promise.resolve(piece.length);
  },
  write: () => Promise.reject(new Error("nothing is written here")),
  datasync: () => Promise.resolve(),
  close: () => Promise.resolve(),
});

const frames = (payloads: readonly Buffer[]): { bytes: Buffer; offsets: number[] } => {
  const bytes = Buffer.alloc(payloads.reduce((total, { length }) => total + frameBytes(length), 0));
  const offsets: number[] = [];
  let at = 0;
  for (const [index, payload] of payloads.entries()) {
    offsets.push(at);
    const fields = { urgent: false, ep: 1, eid: Buffer.alloc(16, 1), seq: index + 1, hash: Buffer.alloc(32, 2) };
    at += writeFrame(bytes, at, { type: frameTypes.record, ...fields }, payload);
  }
  return { bytes, offsets };
};

/** The smallest window: every frame is met at its edge sooner or later. */
const scan = async (bytes: Buffer, windowBytes = maxFrameBytes + 64) => {
  const seen: string[] = [];
  const end = await scanFrames(fileOf(bytes), 0, bytes.length, Buffer.alloc(windowBytes), (buffer, at) => {
    seen.push(payloadAt(buffer, at).toString("latin1"));
  });
  return { ...end, seen };
};

describe("scanning frames", () => {
  it("finds all of them through a window of any size", async () => {
    const payloads = Array.from({ length: 400 }, (_, index) =>
      Buffer.alloc(1 + ((index * 37) % 900), 97 + (index % 26)),
    );
    const { bytes } = frames(payloads);
    for (const window of [maxFrameBytes + 64, maxFrameBytes * 2, 1024 * 1024]) {
      const { seen, end, damage } = await scan(bytes, window);
      expect(seen).toEqual(payloads.map(String));
      expect(end).toBe(bytes.length);
      expect(damage).toEqual([]);
    }
  });

  it("finds every frame that damage has not touched, and names the damage (property)", async () => {
    const payload = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      // Payloads that look like frames must not lead astray.
      fc.constantFrom(Buffer.from("MCF1MCF1MCF1MCF1MCF1MCF1"), Buffer.alloc(64)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(payload, { minLength: 1, maxLength: 30 }),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { maxLength: 4 }),
        async (payloads, flips) => {
          const parts = payloads.map((part) => Buffer.from(part));
          const { bytes, offsets } = frames(parts);
          const hit = new Set<number>();
          for (const [where, bits] of flips) {
            const at = where % bytes.length;
            bytes.writeUInt8(bytes.readUInt8(at) ^ bits, at);
            const index = offsets.findLastIndex((offset) => offset <= at);
            if (at < (offsets[index] ?? 0) + 80 + (parts[index]?.length ?? 0)) hit.add(index);
          }
          const { seen, damage } = await scan(bytes);
          // Two flips of one bit undo each other.
          const intact = parts.flatMap((part, index) => (hit.has(index) ? [] : [part.toString("latin1")]));
          expect(seen.length).toBeGreaterThanOrEqual(intact.length);
          if (seen.length === intact.length) expect(seen).toEqual(intact);
          if (hit.size === 0) expect(damage).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("tells unused space from what an interrupted write left behind", async () => {
    const { bytes } = frames([Buffer.from("one"), Buffer.from("two")]);
    const unused = Buffer.concat([bytes, Buffer.alloc(5000)]);
    expect(await scan(unused)).toMatchObject({ end: bytes.length, dirtyEnd: bytes.length });
    unused.writeUInt8(9, bytes.length + 4000);
    expect(await scan(unused)).toMatchObject({ end: bytes.length, dirtyEnd: bytes.length + 4001 });
    const cut = bytes.subarray(0, bytes.length - 20);
    const { end, dirtyEnd, seen } = await scan(cut);
    expect({ end, seen }).toEqual({ end: frameBytes(3), seen: ["one"] });
    // The last bytes of a cut frame may be zeros by chance, but not many of them.
    expect(cut.length - dirtyEnd).toBeLessThan(16);
  });
});
