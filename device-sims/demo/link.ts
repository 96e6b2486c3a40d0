import { createConnection, createServer, type Server, type Socket } from "node:net";

/** The uplink between a gateway and the centre, as a cable that can be pulled and a radio that can be weak. */
export interface Link {
  /** Where the gateway connects. */
  readonly port: number;
  /** Breaks what is connected and refuses what comes, until {@link Link.restore}. */
  cut(): void;
  /** Lets connections through again, upwards at most so many bytes a second; null: as fast as it goes. */
  restore(bytesPerSecond: number | null): void;
  close(): Promise<void>;
}

const sliceMs = 50;

/** Passes bytes on at no more than the link's rate, with back pressure to the sender. */
const throttle = (from: Socket, to: Socket, rate: () => number | null): void => {
  from.on("data", (bytes) => {
    const bytesPerSecond = rate();
    to.write(bytes);
    if (bytesPerSecond === null) {
      if (to.writableNeedDrain) {
        from.pause();
        to.once("drain", () => from.resume());
      }
      return;
    }
    from.pause();
    setTimeout(() => from.resume(), Math.max(sliceMs, (bytes.length / bytesPerSecond) * 1000)).unref();
  });
  from.on("end", () => to.end());
};

/** Opens a link on a free loopback port to `targetPort`. TLS runs through it untouched, end to end. */
export const openLink = async (targetPort: number): Promise<Link> => {
  const sockets = new Set<Socket>();
  let up = true;
  let bytesPerSecond: number | null = null;
  const server: Server = createServer((near) => {
    if (!up) {
      near.destroy();
      return;
    }
    const far = createConnection({ host: "127.0.0.1", port: targetPort });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    throttle(near, far, () => bytesPerSecond);
    throttle(far, near, () => null);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the link has no port");
  const cut = () => {
    up = false;
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: address.port,
    cut,
    restore: (rate) => {
      bytesPerSecond = rate;
      up = true;
    },
    close: async () => {
      cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
