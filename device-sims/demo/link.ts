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

const sliceMs = 25;

/** Passes bytes on at no more than the link's rate, a slice at a time, with back pressure to the sender. */
const throttle = (from: Socket, to: Socket, rate: () => number | null): void => {
  let waiting: Buffer[] = [];
  let timer: NodeJS.Timeout | undefined;
  const passSlice = (): void => {
    timer = undefined;
    const bytesPerSecond = rate();
    const all = Buffer.concat(waiting);
    const room = bytesPerSecond === null ? all.length : Math.max(1, Math.floor((bytesPerSecond * sliceMs) / 1000));
    to.write(all.subarray(0, room));
    waiting = all.length > room ? [all.subarray(room)] : [];
    if (waiting.length > 0) timer = setTimeout(passSlice, sliceMs).unref();
    else from.resume();
  };
  from.on("data", (bytes: Buffer) => {
    if (rate() === null && waiting.length === 0) {
      if (to.write(bytes)) return;
      from.pause();
      to.once("drain", () => from.resume());
      return;
    }
    from.pause();
    waiting.push(bytes);
    timer ??= setTimeout(passSlice, sliceMs).unref();
  });
  from.on("end", () => to.end());
  from.on("close", () => clearTimeout(timer));
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
