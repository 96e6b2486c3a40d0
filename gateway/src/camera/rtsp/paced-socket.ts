import { connect, type OnReadOpts, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** A connection whose bytes can be taken in few, large gulps. */
export interface PacedSocket {
  readonly socket: Socket;
  /** From now on hears what comes; the memory is used again afterwards. */
  listen(hear: (bytes: Buffer) => void): void;
  /**
   * From now on rests between gulps, as long as `restMs` says after each: waking up for every packet of a stream would cost
   * several times more than what is done with it. The kernel keeps it meanwhile, and the camera's own TCP waits.
   */
  pace(restMs: () => number): void;
}

const gulpBytes = 256 * 1024;
const leastRestMs = 5;
const mostRestMs = 250;

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
  let rest: (() => number) | undefined;
  let timer: NodeJS.Timeout | undefined;
  const goOn = (): void => void socket.resume();
  const gulp = Buffer.allocUnsafeSlow(gulpBytes);
  const onread: OnReadOpts = {
    buffer: gulp,
    callback: (bytes) => {
      hear(bytes === gulpBytes ? gulp : gulp.subarray(0, bytes));
      // A full gulp: there is more.
      if (rest === undefined || bytes === gulpBytes) return true;
      timer = setTimeout(goOn, Math.max(leastRestMs, Math.min(mostRestMs, rest())));
      return false;
    },
  };
  const socket = connect({ ...target, onread });
  socket.once("close", () => clearTimeout(timer));
  return {
    socket,
    listen: (heard) => {
      hear = heard;
      socket.resume();
    },
    pace: (restMs) => {
      rest = restMs;
    },
  };
};
