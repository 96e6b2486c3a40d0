import { bytesFrom } from "../reading.ts";

/** What a simulated scale answers to `W CR`. */
export interface NciMessageSpec {
  /** Shown weight, not negative (a negative weight is answered with the status alone). */
  readonly value: string;
  readonly unit: "KG" | "LB" | "OZ";
  readonly state: "normal" | "motion" | "over" | "under" | "not-zeroed";
  readonly zero: boolean;
  /** `S` before the status (DIVA, Brecknell). */
  readonly prefix: boolean;
}

/** The message a scale would send (Avery Weigh-Tronix 7821 manual p. 25): weight and status, or the status alone. */
export const encodeNciMessage = ({ value, unit, state, zero, prefix }: NciMessageSpec): Uint8Array<ArrayBuffer> => {
  const first = 0x30 | (state === "motion" ? 1 : 0) | (zero ? 2 : 0);
  const third = state === "not-zeroed" ? "\x38" : "";
  const second = 0x30 | (state === "under" ? 1 : 0) | (state === "over" ? 2 : 0) | (third === "" ? 0 : 0x40);
  const status = `${prefix ? "S" : ""}${String.fromCharCode(first, second)}${third}`;
  const weight = state === "normal" && !value.startsWith("-") ? `\n${value.padStart(6, "0")}${unit}\r` : "";
  return bytesFrom(`${weight}\n${status}\r\x03`);
};

/** What a simulated scale answers to `LF W CR` in the form of the SMA. */
export interface SmaMessageSpec {
  readonly value: string;
  readonly unit: string;
  readonly motion: boolean;
  readonly state: "normal" | "over" | "under" | "not-zeroed" | "zero";
}

const smaStates = { normal: " ", over: "O", under: "U", "not-zeroed": "I", zero: "Z" } as const;

/** LF, status, range, mode, motion, a blank, weight 10, unit 3, CR (SMA SCP-0499). */
export const encodeSmaMessage = ({ value, unit, motion, state }: SmaMessageSpec): Uint8Array<ArrayBuffer> => {
  const weight = state === "not-zeroed" ? "-".repeat(10) : value.padStart(10);
  return bytesFrom(`\n${smaStates[state]}1G${motion ? "M" : " "} ${weight}${unit.padEnd(3)}\r`);
};

/** The status a scale answers to `Z CR` (Salter 6712 manual p. 19; DIVA manual pp. 37-42). */
export const encodeNciStatus = ({
  zero,
  prefix,
}: {
  readonly zero: boolean;
  readonly prefix: boolean;
}): Uint8Array<ArrayBuffer> => bytesFrom(`\n${prefix ? "S" : ""}${zero ? "2" : "0"}0\r\x03`);
