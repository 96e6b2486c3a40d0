import { connect, createServer, type Socket } from "node:net";
import { MingchengError } from "@mingcheng/protocols";
import { applyFaults, type Fault } from "../../faults/fault.ts";
import type { SimClock } from "../clock.ts";
import type { Random } from "../random.ts";

/** A running proxy between a gateway and a device. */
export interface FaultProxy {
  /** What the gateway connects to. */
  readonly address: string;
  stop(): Promise<void>;
}

interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `tcp://host:port`; `field` names the option in the error.
 * @throws {MingchengError} INPUT_INVALID
 */
export const parseEndpoint = (text: string, field: string): Endpoint => {
  const match = /^tcp:\/\/([A-Za-z0-9._-]+):(\d{1,5})$/.exec(text);
  if (match?.[1] === undefined || Number(match[2]) > 65_535) {
    throw new MingchengError("INPUT_INVALID", `${text}: expected tcp://host:port`, { field });
  }
  return { host: match[1], port: Number(match[2]) };
};

/** Copies one direction through the faults, in order, without reading ahead. */
const pump = async (
  from: Socket,
  to: Socket,
  faults: readonly Fault[],
  clock: SimClock,
  random: Random,
): Promise<void> => {
  for await (const chunk of from) {
    if (!(chunk instanceof Uint8Array)) continue;
    for (const { bytes, delayMs } of applyFaults(faults, chunk, random)) {
      if (delayMs > 0) await clock.sleep(delayMs);
      if (!to.destroyed) await new Promise<void>((resolve) => to.write(bytes, () => resolve()));
    }
  }
};

/**
 * Listens for a gateway and connects it to a real or simulated device, damaging what the device sends (and, with `both`,
 * what it is sent).
 * @throws {MingchengError} SIM_LINE_FAILED when the address is taken
 */
export const startFaultProxy = async (
  options: {
    readonly listen: Endpoint;
    readonly to: Endpoint;
    readonly faults: readonly Fault[];
    readonly both: boolean;
  },
  clock: SimClock,
  random: Random,
): Promise<FaultProxy> => {
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true }, (gateway) => {
    const device = connect({ ...options.to, noDelay: true });
    for (const socket of [gateway, device]) {
      open.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        open.delete(socket);
        gateway.destroy();
        device.destroy();
      });
    }
    // A broken pipe ends both sockets; there is nothing else to do about it.
    pump(device, gateway, options.faults, clock, random).catch(() => {});
    pump(gateway, device, options.both ? options.faults : [], clock, random).catch(() => {});
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(new MingchengError("SIM_LINE_FAILED", String(cause), { field: "--listen", cause })),
    );
    server.listen(options.listen.port, options.listen.host, () => resolve());
  });
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : options.listen.port;
  return {
    address: `tcp://${options.listen.host}:${port}`,
    stop: async () => {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
