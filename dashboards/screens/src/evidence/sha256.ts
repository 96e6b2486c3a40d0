/** FIPS 180-4 §4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const constants = (() => {
  const found: number[] = [];
  for (let candidate = 2; found.length < 64; candidate++) {
    let isPrime = true;
    for (let divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor === 0) isPrime = false;
    if (isPrime) found.push(fractionBits(candidate, 1 / 3));
  }
  return Uint32Array.from(found);
})();

/** §5.3.3: the same of the square roots of the first eight primes. */
const initial = Uint32Array.from([2, 3, 5, 7, 11, 13, 17, 19].map((prime) => fractionBits(prime, 1 / 2)));

function fractionBits(prime: number, exponent: number): number {
  const root = prime ** exponent;
  return Math.floor((root - Math.floor(root)) * 0x1_0000_0000);
}

const schedule = new Uint32Array(64);
const tail = new Uint8Array(128);
const tailView = new DataView(tail.buffer);

const at = (words: Uint32Array, index: number): number => words[index] as number;
const rotate = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

/** §6.2.2: one block of 64 octets into `state`. */
const compress = (state: Uint32Array, view: DataView, offset: number): void => {
  for (let t = 0; t < 16; t++) schedule[t] = view.getUint32(offset + 4 * t);
  for (let t = 16; t < 64; t++) {
    const [near, far] = [at(schedule, t - 2), at(schedule, t - 15)];
    const s1 = rotate(near, 17) ^ rotate(near, 19) ^ (near >>> 10);
    const s0 = rotate(far, 7) ^ rotate(far, 18) ^ (far >>> 3);
    schedule[t] = (s1 + at(schedule, t - 7) + s0 + at(schedule, t - 16)) | 0;
  }
  let a = at(state, 0);
  let b = at(state, 1);
  let c = at(state, 2);
  let d = at(state, 3);
  let e = at(state, 4);
  let f = at(state, 5);
  let g = at(state, 6);
  let h = at(state, 7);
  for (let t = 0; t < 64; t++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + at(constants, t) + at(schedule, t)) | 0;
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] = at(state, 0) + a;
  state[1] = at(state, 1) + b;
  state[2] = at(state, 2) + c;
  state[3] = at(state, 3) + d;
  state[4] = at(state, 4) + e;
  state[5] = at(state, 5) + f;
  state[6] = at(state, 6) + g;
  state[7] = at(state, 7) + h;
};

/**
 * SHA-256 of a message, at once: WebCrypto answers only later, and a chain needs each answer before the next question.
 * FIPS 180-4. For public data: nothing here is secret.
 */
const digest = (message: Uint8Array): Uint8Array => {
  const state = initial.slice();
  const whole = message.length - (message.length % 64);
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  for (let offset = 0; offset < whole; offset += 64) compress(state, view, offset);
  const rest = message.length - whole;
  tail.fill(0);
  tail.set(message.subarray(whole));
  tail[rest] = 0x80;
  const end = rest < 56 ? 64 : 128;
  tailView.setUint32(end - 8, Math.floor(message.length / 0x2000_0000));
  tailView.setUint32(end - 4, message.length << 3);
  for (let offset = 0; offset < end; offset += 64) compress(state, tailView, offset);
  const result = new Uint8Array(32);
  const words = new DataView(result.buffer);
  for (let index = 0; index < 8; index++) words.setUint32(4 * index, at(state, index));
  return result;
};

/** SHA-256 over the concatenation of `parts`. */
export const sha256 = (...parts: readonly Uint8Array[]): Uint8Array => {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return digest(only);
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return digest(all);
};
