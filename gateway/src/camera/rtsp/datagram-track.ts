import { createSocket, type Socket } from "node:dgram";
import { readRtp, sequenceDistance } from "../media/rtp.ts";

/** A pair of ports for one track (RFC 3550 §11). */
export interface DatagramTrack {
  readonly rtpPort: number;
  /** From now on the camera sends from here; packets from elsewhere are nobody's. */
  from(address: string): void;
  close(): void;
}

const mostHeld = 64;
const receiveBufferBytes = 2 * 1024 * 1024;

/** Puts packets that overtook each other in order again; what stays away is given up once enough others have come. */
class Reorder {
  readonly #held = new Map<number, Buffer>();
  readonly #pass: (packet: Buffer) => void;
  #next: number | undefined;

  constructor(pass: (packet: Buffer) => void) {
    this.#pass = pass;
  }

  push(bytes: Buffer): void {
    const packet = readRtp(bytes);
    if (packet === undefined) return;
    this.#next ??= packet.sequence;
    const ahead = sequenceDistance(this.#next, packet.sequence);
    if (ahead < 0 && ahead > -512) return;
    if (Math.abs(ahead) >= 512) {
      this.#held.clear();
      this.#next = packet.sequence;
    }
    this.#held.set(packet.sequence, bytes);
    this.#drain();
    if (this.#held.size <= mostHeld) return;
    const from = this.#next;
    this.#next = Math.min(...[...this.#held.keys()].map((sequence) => sequenceDistance(from, sequence))) + from;
    this.#next &= 0xffff;
    this.#drain();
  }

  #drain(): void {
    for (let next = this.#next ?? 0; ; next = (next + 1) & 0xffff) {
      const bytes = this.#held.get(next);
      this.#next = next;
      if (bytes === undefined) return;
      this.#held.delete(next);
      this.#pass(bytes);
    }
  }
}

const bound = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = createSocket({ type: "udp4", recvBufferSize: receiveBufferBytes });
    socket.once("error", reject);
    socket.bind(port, () => {
      socket.off("error", reject);
      socket.on("error", () => undefined);
      resolve(socket);
    });
  });

const openPair = async (): Promise<readonly [Socket, Socket]> => {
  for (let tries = 0; ; tries++) {
    const rtp = await bound(0);
    const { port } = rtp.address();
    try {
      if (port % 2 === 0) return [rtp, await bound(port + 1)];
    } catch (error) {
      if (tries > 50) throw error;
    }
    rtp.close();
  }
};

/** Opens two neighbouring ports; `onPacket` hears what comes, in order. @throws the system's error */
export const openDatagramTrack = async (onPacket: (bytes: Buffer) => void): Promise<DatagramTrack> => {
  const [rtp, rtcp] = await openPair();
  const order = new Reorder(onPacket);
  let allowed: string | undefined;
  rtp.on("message", (bytes, { address }) => {
    if (address === allowed) order.push(bytes);
  });
  return {
    rtpPort: rtp.address().port,
    from: (address) => {
      allowed = address;
    },
    close: () => {
      rtp.close();
      rtcp.close();
    },
  };
};
