import { createServer, type Socket } from "node:net";
import { deaf, type LineListener, type SimLine } from "./sim-line.ts";

/** Unsent bytes after which the other end counts as not listening. */
const maxUnsentBytes = 64 * 1024;

/**
 * A device behind a serial-to-TCP box: a TCP server for one client; a new client replaces the one before, because after
 * a power cut at the other end the old connection is dead without knowing it.
 */
export const openTcpLine = async (host: string, port: number): Promise<SimLine> => {
  let listener: LineListener = deaf;
  let client: Socket | undefined;
  let connections = 0;

  const forget = (socket: Socket) => {
    if (client !== socket) return;
    client = undefined;
    listener.down();
  };

  const server = createServer({ noDelay: true }, (socket) => {
    const replaced = client;
    client = undefined;
    if (replaced !== undefined) {
      replaced.destroy();
      listener.down();
    }
    client = socket;
    connections++;
    socket.on("data", (bytes) => {
      if (client === socket) listener.bytes(bytes);
    });
    socket.on("error", () => forget(socket));
    socket.on("end", () => forget(socket));
    socket.on("close", () => forget(socket));
    listener.up();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const bound = server.address();
  const boundPort = typeof bound === "object" && bound !== null ? bound.port : port;

  return {
    address: `tcp://${host}:${boundPort}`,
    connection: () => (client === undefined ? 0 : connections),
    send: (bytes) => {
      if (client === undefined || client.destroyed || client.writableLength > maxUnsentBytes) return false;
      client.write(bytes);
      return true;
    },
    listen: (next) => {
      listener = next;
    },
    drop: () => {
      const dropped = client;
      if (dropped === undefined) return;
      dropped.resetAndDestroy();
      forget(dropped);
    },
    close: async () => {
      const last = client;
      client = undefined;
      if (last !== undefined) {
        last.destroy();
        listener.down();
      }
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
