import type { SerialSettings } from "../transports/byte-stream.ts";

/** Speeds in the order in which they are tried: how often scales and testers are set to them. Baud. */
export const baudRates: readonly number[] = [9600, 4800, 2400, 19_200, 1200, 115_200, 38_400, 57_600, 600];

/**
 * How a port is opened for listening. Always with eight bits and no parity: a line of seven bits with a parity bit has the
 * same length, so that its bytes arrive whole and only the parity bit has to be taken off. Nothing else needs reopening.
 */
export const listeningSettings = (baudRate: number): SerialSettings => ({
  baudRate,
  dataBits: 8,
  parity: "none",
  stopBits: 1,
});

const bytesNeeded = 16;

const onesIn = (byte: number): number => {
  let ones = 0;
  for (let rest = byte; rest > 0; rest >>= 1) ones += rest & 1;
  return ones;
};

/**
 * The settings of the line itself, told from bytes heard with eight bits: all with an even (odd) number of ones means
 * 7E1 (7O1), bit 7 always set means 7N2, anything else 8N1. `masked`: the family's frames survive taking bit 7 off.
 */
export const heardSettings = (baudRate: number, bytes: Uint8Array, masked: boolean): SerialSettings => {
  const eight = listeningSettings(baudRate);
  const high = bytes.filter((byte) => byte > 0x7f).length;
  if (!masked || high === 0 || bytes.length < bytesNeeded) return eight;
  const even = bytes.every((byte) => onesIn(byte) % 2 === 0);
  const odd = bytes.every((byte) => onesIn(byte) % 2 === 1);
  if (even || odd) return { baudRate, dataBits: 7, parity: even ? "even" : "odd", stopBits: 1 };
  return high === bytes.length ? { baudRate, dataBits: 7, parity: "none", stopBits: 2 } : eight;
};

/** `9600 7E1`. */
export const settingsText = ({ baudRate, dataBits, parity, stopBits }: SerialSettings): string =>
  `${baudRate} ${dataBits}${parity.charAt(0).toUpperCase()}${stopBits}`;
