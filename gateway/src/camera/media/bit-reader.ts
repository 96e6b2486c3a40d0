/** Reads a parameter set bit by bit (ITU-T H.264 §7.2, §9.1). Beyond the end everything is nought. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  /** Emulation prevention octets (H.264 §7.3.1) are taken out; `start` octets are passed over. */
  constructor(nal: Uint8Array, start: number) {
    const bytes: number[] = [];
    let zeros = 0;
    for (const byte of nal.subarray(start)) {
      const isPrevention = zeros >= 2 && byte === 3;
      zeros = isPrevention ? 0 : byte === 0 ? zeros + 1 : 0;
      if (!isPrevention) bytes.push(byte);
    }
    this.#bytes = Uint8Array.from(bytes);
  }

  bit(): number {
    const byte = this.#bytes[this.#at >> 3] ?? 0;
    const value = (byte >> (7 - (this.#at & 7))) & 1;
    this.#at++;
    return value;
  }

  /** An unsigned number of up to 32 bits. */
  bits(count: number): number {
    let value = 0;
    for (let at = 0; at < count; at++) value = value * 2 + this.bit();
    return value;
  }

  skip(count: number): void {
    this.#at += count;
  }

  /** `ue(v)` */
  unsigned(): number {
    let zeros = 0;
    while (this.bit() === 0) {
      if (++zeros > 31) return 0;
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** `se(v)` */
  signed(): number {
    const value = this.unsigned();
    return value % 2 === 0 ? -value / 2 : (value + 1) / 2;
  }
}
