/** One sale of a simulated scale. */
export interface DahuaSaleSpec {
  readonly number: number;
  /** `YYMMDDhhmm` */
  readonly time: string;
  readonly plu: number;
  readonly byPiece: boolean;
  /** Grams, or pieces. */
  readonly quantity: number;
  readonly unitPriceFen: number;
  readonly amountFen: number;
}

const bytes = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(text, (char) => char.charCodeAt(0));
const digits = (number: number, width: number): string => number.toString().padStart(width, "0").slice(-width);

/** The reply to a read of record `number` (TM series server protocol, listed widths); without a sale the empty reply. */
export const encodeDahuaSale = (number: number, sale: DahuaSaleSpec | undefined): Uint8Array<ArrayBuffer> => {
  const head = `0j${digits(number, 4)}a`;
  if (sale === undefined) return bytes(`${head}c\r\n\u0003`);
  const month = Number(sale.time.slice(2, 4)) + (sale.byPiece ? 16 : 0);
  const time = `${sale.time.slice(0, 2)}${digits(month, 2)}${sale.time.slice(4)}`;
  const amounts = digits(sale.amountFen, 7).repeat(2);
  const fields = `${digits(sale.quantity, 5)}${digits(sale.unitPriceFen, 6)}${amounts}`;
  return bytes(`${head}${time}0003${digits(sale.plu, 4)}${fields}0000000000001bc\r\n\u0003`);
};

/** What a host sends to read record `number`, 1 to 9999. */
export const encodeDahuaRead = (number: number): Uint8Array<ArrayBuffer> => bytes(`!0J${digits(number, 4)}A\r\n`);

/** Asks for an article (PLU, four digits). Reads only. */
export const encodeDahuaReadPlu = (plu: string): Uint8Array<ArrayBuffer> => bytes(`!0U${plu}A\r\n`);

/** What a simulated scale knows of an article; `name` in GB 2312. */
export interface DahuaPluSpec {
  readonly plu: string;
  readonly itemCode: number;
  readonly unitPriceFen: number;
  readonly name: Uint8Array;
}

/** The scale's answer: the name as zone and position of each character, in four digits. */
export const encodeDahuaPlu = ({ plu, itemCode, unitPriceFen, name }: DahuaPluSpec): Uint8Array<ArrayBuffer> => {
  const zones = Array.from(name, (byte) => digits(byte - 160, 2)).join("");
  return bytes(`0u${plu}A${digits(itemCode, 7)}${digits(unitPriceFen, 6)}0${"0".repeat(38)}B${zones}CDE\r\n\u0003`);
};
