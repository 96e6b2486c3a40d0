const ratePerSecond = 8_000;
const mostAhead = 0.5;
const least = 0.08;

/** G.711 A-law (ITU-T G.711 table 1) to -1…1. */
const fromALaw = (code: number): number => {
  const value = code ^ 0x55;
  const exponent = (value >> 4) & 7;
  const mantissa = ((value & 15) << 4) + 8;
  const size = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return ((value & 0x80) === 0 ? -size : size) / 32_768;
};

/** G.711 µ-law (table 2) to -1…1. */
const fromMuLaw = (code: number): number => {
  const value = ~code & 255;
  const size = ((((value & 15) << 3) + 0x84) << ((value >> 4) & 7)) - 0x84;
  return ((value & 0x80) === 0 ? size : -size) / 32_768;
};

/** Plays sound as cameras send it, once somebody has switched it on. */
export class Sound {
  #context: AudioContext | undefined;
  #nextAt = 0;

  /** Must be called from a click: browsers allow no sound without. */
  switchOn(): void {
    this.#context ??= new AudioContext();
    void this.#context.resume();
  }

  switchOff(): void {
    void this.#context?.close();
    this.#context = undefined;
  }

  add(law: "soundA" | "soundU", bytes: Uint8Array): void {
    const context = this.#context;
    if (context === undefined || bytes.length === 0) return;
    if (this.#nextAt - context.currentTime > mostAhead) return;
    const buffer = context.createBuffer(1, bytes.length, ratePerSecond);
    const samples = buffer.getChannelData(0);
    const decode = law === "soundA" ? fromALaw : fromMuLaw;
    for (const [at, code] of bytes.entries()) samples[at] = decode(code);
    const node = context.createBufferSource();
    node.buffer = buffer;
    node.connect(context.destination);
    this.#nextAt = Math.max(this.#nextAt, context.currentTime + least);
    node.start(this.#nextAt);
    this.#nextAt += buffer.duration;
  }
}
