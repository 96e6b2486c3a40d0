import { connect, type OnReadOpts, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** A connection whose bytes can be taken in few, large gulps. */
export interface PacedSocket {
  readonly socket: Socket;
  /** From now on hears what comes. */
  listen(hear: (bytes: Buffer) => void): void;
  /**
   * From now on reads some times a second only, whatever comes in between: waking up for every packet of a stream would cost
   * several times more than what is done with it. The kernel keeps it meanwhile, and the camera's own TCP waits.
   */
  pace(): void;
}

const gulpBytes = 256 * 1024;
const everyMs = 60;

/** All paced sockets are read in the same turn. */
const paced = new Set<Socket>();
let timer: NodeJS.Timeout | undefined;

const readAll = (): void => {
  for (const socket of paced) socket.resume();
};

const startPacing = (socket: Socket): void => {
  paced.add(socket);
  timer ??= setInterval(readAll, everyMs);
  socket.once("close", () => {
    paced.delete(socket);
    if (paced.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  });
};

/** Dials; what the socket brings is heard once somebody listens. */
export const dialPaced = (target: { readonly host: string; readonly port: number }, secure: boolean): PacedSocket => {
  let hear = (_bytes: Buffer): void => undefined;
  if (secure) {
    // A camera's certificate is its own: the line cannot be listened to, but who is at its other end is not proved.
    const socket = connectTls({ ...target, rejectUnauthorized: false });
    return {
      socket,
      listen: (heard) => void socket.on("data", heard),
      pace: () => undefined,
    };
  }
  let isPaced = false;
  const onread: OnReadOpts = {
    buffer: Buffer.allocUnsafeSlow(gulpBytes),
    callback: (bytes, buffer) => {
      const copy = Buffer.allocUnsafeSlow(bytes);
      copy.set(buffer.subarray(0, bytes));
      hear(copy);
      // A full gulp: there is more. Else the next turn.
      return !isPaced || bytes === gulpBytes;
    },
  };
  const socket = connect({ ...target, onread });
  return {
    socket,
    listen: (heard) => {
      hear = heard;
      socket.resume();
    },
    pace: () => {
      if (isPaced) return;
      isPaced = true;
      startPacing(socket);
    },
  };
};
