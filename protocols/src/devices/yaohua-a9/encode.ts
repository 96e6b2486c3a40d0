import { MingchengError } from "../../errors/mingcheng-error.ts";
import { xor8 } from "../../framing/checksums.ts";
import { parseDecimal } from "../../units/decimal.ts";

/** What a simulated indicator shows. */
export interface A9FrameSpec {
  /** Shown weight as decimal text with 0 to 4 places, sign included. */
  readonly value: string;
  /** XOR nibbles above 9 as ':' to '?' (30h + nibble) instead of 'A' to 'F' (37h + nibble). */
  readonly plainNibbles?: boolean;
}

/**
 * The 12 bytes an XK3190-A9 would send (XK3190-A9+ manual p. 11), written from the manual's table.
 * @throws {MingchengError} SIM_VALUE_INVALID when the weight does not fit into six digits or has more than 4 places
 */
export const encodeA9Frame = ({ value, plainNibbles = false }: A9FrameSpec): Uint8Array<ArrayBuffer> => {
  const number = parseDecimal(value);
  const digits = number === undefined ? "" : (number.digits < 0n ? -number.digits : number.digits).toString();
  if (number === undefined || digits.length > 6 || number.scale > 4) {
    throw new MingchengError("SIM_VALUE_INVALID", `${value} needs at most 6 digits and 4 places`, { field: "value" });
  }
  const text = `${value.startsWith("-") ? "-" : "+"}${digits.padStart(6, "0")}${number.scale}`;
  const body = Uint8Array.from(text, (char) => char.charCodeAt(0));
  const check = xor8(body);
  const nibble = (four: number): number => (four <= 9 || plainNibbles ? 0x30 : 0x37) + four;
  return Uint8Array.from([0x02, ...body, nibble(check >> 4), nibble(check & 15), 0x03]);
};
