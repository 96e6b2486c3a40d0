import { bytesFrom } from "../reading.ts";

/** What a simulated scale answers. */
export interface DibalReplySpec {
  readonly grams: number;
  /** Not stable: the weight is blank. */
  readonly moving: boolean;
  /** Price per kilogram asked for, in fen; 0 computes nothing. */
  readonly priceFen: number;
}

const withCheck = (digits: string): Uint8Array<ArrayBuffer> => {
  let xor = 0;
  for (const char of digits) if (char !== " ") xor ^= Number(char);
  return bytesFrom(`${digits}${String.fromCharCode(0x30 + xor)}\r\n`);
};

/** What a host asks: 98, price per kilogram in fen (0 to 99999), check digit. */
export const encodeDibalRequest = (priceFen: number): Uint8Array<ArrayBuffer> =>
  withCheck(`98${priceFen.toString().padStart(5, "0")}`);

/** The answer a scale would give (sbzsystems notes): `9900031600000004` is 316 g. */
export const encodeDibalReply = ({ grams, moving, priceFen }: DibalReplySpec): Uint8Array<ArrayBuffer> => {
  const amount = Math.round((grams * priceFen) / 1000);
  const weight = moving ? "     " : grams.toString().padStart(5, "0");
  return withCheck(`990${weight}0${amount.toString().padStart(6, "0")}`);
};
