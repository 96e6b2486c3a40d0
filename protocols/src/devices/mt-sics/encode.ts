import { bytesFrom } from "../reading.ts";

/** What a simulated balance answers to `SI`. */
export interface SicsReplySpec {
  readonly value: string;
  readonly unit: "kg" | "g" | "lb" | "oz";
  readonly state: "stable" | "dynamic" | "over" | "under";
}

/** The answer a balance would give (Mettler-Toledo AL-IC manual): ten characters, right-aligned, minus attached. */
export const encodeSicsReply = ({ value, unit, state }: SicsReplySpec): Uint8Array<ArrayBuffer> => {
  if (state === "over") return bytesFrom("S +\r\n");
  if (state === "under") return bytesFrom("S -\r\n");
  return bytesFrom(`S ${state === "stable" ? "S" : "D"} ${value.padStart(10)} ${unit}\r\n`);
};
