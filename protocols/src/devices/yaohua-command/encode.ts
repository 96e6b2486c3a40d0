import { xor8 } from "../../framing/checksums.ts";
import { bytesFrom } from "../reading.ts";

/** A frame of the command mode; without `value` the bare frame of a host. */
export interface YaohuaCommandSpec {
  /** 1 to 26, sent as 'A' to 'Z'. */
  readonly address: number;
  readonly command: "A" | "B" | "C" | "D";
  /** Shown weight with at most six digits and four places. */
  readonly value?: string;
}

/** The frame a host or an indicator would send (XK3190-A9+ manual p. 11). */
export const encodeYaohuaCommand = ({ address, command, value }: YaohuaCommandSpec): Uint8Array<ArrayBuffer> => {
  const point = value?.indexOf(".") ?? -1;
  const places = value === undefined || point < 0 ? 0 : value.length - point - 1;
  const digits = value?.replace(/[-.]/g, "").padStart(6, "0") ?? "";
  const weight = value === undefined ? "" : `${value.startsWith("-") ? "-" : "+"}${digits}${places}`;
  const body = bytesFrom(`${String.fromCharCode(0x40 + address)}${command}${weight}`);
  const check = xor8(body).toString(16).toUpperCase().padStart(2, "0");
  return Uint8Array.from([0x02, ...body, ...bytesFrom(check), 0x03]);
};
