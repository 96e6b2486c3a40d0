declare module "smpp" {
  import type { EventEmitter } from "node:events";
  import type { Server as NetServer, Socket } from "node:net";

  /** Fields of a unit by their names in the standard. */
  export type PduFields = Readonly<Record<string, unknown>>;

  export interface ReceivedPdu {
    readonly command: string;
    readonly command_status: number;
    readonly sequence_number: number;
    readonly [field: string]: unknown;
    response(fields?: PduFields): ReceivedPdu;
  }

  export interface Session extends EventEmitter {
    readonly socket: Socket;
    send(pdu: ReceivedPdu): boolean;
    deliver_sm(fields: PduFields, answered: (response: ReceivedPdu) => void): boolean;
    unbind(fields: PduFields, answered?: (response: ReceivedPdu) => void): boolean;
    destroy(): void;
  }

  export interface ServerOptions {
    readonly key?: string;
    readonly cert?: string;
  }

  export function createServer(options: ServerOptions, listener: (session: Session) => void): NetServer;
}
