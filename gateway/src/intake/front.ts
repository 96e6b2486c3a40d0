import type { Socket } from "node:net";
import type { IntakeListener } from "../config/intake-config.ts";
import type { AddressBook } from "./address-book.ts";
import type { DeviceWatch } from "./device-watch.ts";
import type { Door } from "./door.ts";
import type { MessageDesk } from "./message-desk.ts";
import type { Pace } from "./pace.ts";
import type { RefusalLog } from "./refusal-log.ts";

/** Counts since the start, over all listeners. */
export interface FrontCounts {
  connections: number;
  refusedConnections: number;
  refusedTopics: number;
  cutStreams: number;
}

/** What every listener shares. */
export interface FrontParts {
  readonly door: Door;
  readonly desk: MessageDesk;
  readonly pace: Pace;
  readonly addresses: AddressBook;
  readonly refusals: RefusalLog;
  readonly counts: FrontCounts;
  /** The watch of a configured device. */
  readonly watchOf: (device: string) => DeviceWatch;
  readonly clock: { sleep(ms: number, signal: AbortSignal): Promise<void> };
  readonly log: { debug(detail: object, message: string): void; error(detail: object, message: string): void };
}

/** PEM texts of the intake's certificate and key. */
export interface TlsTexts {
  readonly cert: string;
  readonly key: string;
}

/** Where a listener came up. */
export interface FrontAddress {
  readonly protocol: IntakeListener["protocol"];
  readonly host: string;
  readonly port: number;
}

/** A running listener. */
export interface Front {
  readonly address: FrontAddress;
  /** Connections open now. */
  connections(): number;
  /** Ends what belongs to a device that is not to be connected any more. */
  recheck(): void;
  close(): Promise<void>;
}

/** Connections of all addresses together, per listener. */
export const maxConnections = 512;
/** Time for the TLS handshake, and again for headers or CONNECT. */
export const connectWithinMs = 5_000;

/** Counts a new connection; false when its address has its share already and the connection was ended. */
export const enters = (socket: Socket, { addresses, counts, refusals }: FrontParts): boolean => {
  const address = addressOf(socket);
  counts.connections += 1;
  if (!addresses.enter(address)) {
    counts.refusedConnections += 1;
    refusals.write(`connections ${address}`, { address }, "intake: too many connections from one address");
    socket.destroy();
    return false;
  }
  socket.once("close", () => addresses.leave(address));
  return true;
};

/** The other side's address, without the prefix of IPv4 in IPv6. */
export const addressOf = ({ remoteAddress = "unknown" }: Socket): string => remoteAddress.replace(/^::ffff:/, "");
