/** What a simulated scale prints. */
export interface TicketSpec {
  readonly net: string;
  readonly unit: "kg" | "g";
}

/** A ticket with labelled weights that ends with `~P1`. */
export const encodeTicket = ({ net, unit }: TicketSpec): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(`WEIGHT TICKET\r\nNet:${net.padStart(10)} ${unit}\r\n~P1`, (char) => char.charCodeAt(0));
