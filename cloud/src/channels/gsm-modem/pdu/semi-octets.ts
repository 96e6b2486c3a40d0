/** A PDU cannot be read, and why. */
export class PduFault extends Error {}

/** Reads a PDU from left to right. @throws {PduFault} when it ends too early */
export class PduReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get rest(): number {
    return this.#bytes.length - this.#at;
  }

  bytes(count: number): Uint8Array {
    if (count > this.rest) throw new PduFault("it ends too early");
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  octet(): number {
    return this.bytes(1)[0] ?? 0;
  }
}

/** Octets of a PDU as modems write it. @throws {PduFault} */
export const hexBytes = (hex: string): Uint8Array => {
  if (hex.length % 2 !== 0 || !/^[0-9A-Fa-f]*$/u.test(hex)) throw new PduFault("it is not hexadecimal");
  return Uint8Array.from(Buffer.from(hex, "hex"));
};

/** As modems want it: upper case hexadecimal. */
export const bytesHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex").toUpperCase();

/** Values 10 to 14 of a semi-octet in addresses, 3GPP TS 23.040 §9.1.2.3. */
const digitSigns = "0123456789*#abc";

/** Digits as swapped semi-octets, filled up with 1111 (§9.1.2.3). Only the digits 0 to 9. */
export const packDigits = (digits: string): Uint8Array => {
  const even = digits.length % 2 === 0 ? digits : `${digits}f`;
  return Uint8Array.from(Buffer.from(even.replace(/(.)(.)/gu, "$2$1"), "hex"));
};

/** `count` digits from swapped semi-octets. */
export const unpackDigits = (bytes: Uint8Array, count: number): string => {
  let digits = "";
  for (const octet of bytes) digits += `${digitSigns[octet & 0x0f] ?? ""}${digitSigns[octet >> 4] ?? ""}`;
  return digits.slice(0, count);
};
