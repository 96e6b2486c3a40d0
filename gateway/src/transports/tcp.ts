import { connect, type Socket } from "node:net";
import { MingchengError } from "@mingcheng/protocols";
import type { ByteStream } from "./byte-stream.ts";
import { duplexStream } from "./duplex-stream.ts";

/** Where a serial-to-TCP box or a network device listens. */
export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}

const connectTimeoutMs = 10_000;
/** A box that lost power must not look like a quiet scale for hours. */
const keepAliveMs = 10_000;

/**
 * Reads `tcp://host:port`.
 * @throws {MingchengError} CONFIG_INVALID, field `address`: no credentials, path or query may be part of it
 */
export const parseTcpAddress = (address: string): TcpAddress => {
  const match = /^tcp:\/\/(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/.exec(address);
  const port = Number(match?.[2] ?? 0);
  if (match?.[1] === undefined || port < 1 || port > 65_535) {
    throw new MingchengError("CONFIG_INVALID", "expected tcp://host:port", { field: "address" });
  }
  return { host: match[1].replace(/^\[|\]$/g, ""), port };
};

/**
 * Connects to a device's TCP port. Plain text: for a named local network only.
 * @throws {MingchengError} DEVICE_OPEN_FAILED (retryable) when refused, unreachable, silent for 10 s, or aborted
 */
export const openTcp = async (address: string, signal: AbortSignal): Promise<ByteStream> => {
  const { host, port } = parseTcpAddress(address);
  const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs });
  try {
    await connected(socket, AbortSignal.any([signal, AbortSignal.timeout(connectTimeoutMs)]));
  } catch (cause) {
    socket.destroy();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MingchengError("DEVICE_OPEN_FAILED", `${address}: ${reason}`, { cause });
  }
  const release = async (): Promise<void> => {
    const gone = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    if (socket.closed) return;
    socket.destroy();
    await gone;
  };
  return duplexStream({ name: address, duplex: socket, flush: async () => {}, release });
};

const connected = (socket: Socket, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const settle = (error?: Error) => {
      socket.off("connect", onConnect);
      signal.removeEventListener("abort", onAbort);
      if (error === undefined) {
        socket.off("error", settle);
        resolve();
      } else {
        // A socket that fails after it was given up must not end the process.
        socket.on("error", () => {});
        reject(error);
      }
    };
    const onConnect = () => settle();
    const onAbort = () => settle(new Error(signal.reason instanceof Error ? signal.reason.message : "aborted"));
    socket.once("connect", onConnect);
    socket.once("error", settle);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
