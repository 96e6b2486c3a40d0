import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { MingchengError } from "@mingcheng/protocols";
import type { CameraSubnets } from "../discovery/camera-subnets.ts";
import { dialPaced, type PacedSocket } from "./paced-socket.ts";
import type { RtspAddress } from "./rtsp-address.ts";

/**
 * Connects to a camera. A name is resolved once, and only an address in the configured networks is dialled: whoever can write
 * an address, or answer for a name, cannot make this box talk to anything else.
 * @throws {MingchengError} CAMERA_ADDRESS_INVALID, CAMERA_UNREACHABLE
 */
export const openSocket = async (
  { host, port, secure }: RtspAddress,
  subnets: Pick<CameraSubnets, "includes">,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<PacedSocket> => {
  let address = host;
  if (isIP(host) === 0) {
    try {
      ({ address } = await lookup(host));
    } catch (cause) {
      throw new MingchengError("CAMERA_UNREACHABLE", `${host}: no such name`, { cause });
    }
  }
  if (!subnets.includes(address)) {
    throw new MingchengError("CAMERA_ADDRESS_INVALID", `${address} is in none of the cameras' networks`, {
      field: "subnets",
    });
  }
  const dialled = dialPaced({ host: address, port }, secure);
  const { socket } = dialled;
  socket.setNoDelay(true);
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (reason: string, cause?: unknown): void =>
        reject(new MingchengError("CAMERA_UNREACHABLE", `${address}:${port}: ${reason}`, { cause }));
      socket.once(secure ? "secureConnect" : "connect", () => resolve());
      socket.once("error", (cause: NodeJS.ErrnoException) => fail(cause.code ?? cause.message, cause));
      socket.setTimeout(timeoutMs, () => fail("no answer"));
      if (signal.aborted) fail("not wanted any more");
      signal.addEventListener("abort", () => fail("not wanted any more"), { once: true });
    });
  } catch (error) {
    socket.on("error", () => undefined);
    socket.destroy();
    throw error;
  }
  socket.setTimeout(0);
  return dialled;
};
