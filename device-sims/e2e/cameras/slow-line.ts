import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** A line to a TCP port of this machine that brings so much a second and no more. */
export interface SlowLine {
  readonly port: number;
  /** From now on. */
  bringing(bytesPerSecond: number): void;
  close(): Promise<void>;
}

const pieceBytes = 2_048;

/** Opens it; what goes the other way is not held up. */
export const openSlowLine = async (to: number, bytesPerSecond: number): Promise<SlowLine> => {
  let pace = bytesPerSecond;
  const server = createServer((near) => {
    const far = connect(to, "127.0.0.1");
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
    near.pipe(far);
    const bring = async (): Promise<void> => {
      for await (const chunk of far) {
        for (let at = 0; at < (chunk as Buffer).length && !near.destroyed; at += pieceBytes) {
          const piece = (chunk as Buffer).subarray(at, at + pieceBytes);
          if (!near.write(piece)) await once(near, "drain");
          await delay((piece.length * 1_000) / pace);
        }
      }
    };
    bring().catch(() => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    bringing: (next) => {
      pace = next;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
};
