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

/** The answer to a key (MT-SICS level 0 and 1): `T S <value>` names the tare, `Z A` says that it was done. */
export const encodeSicsKeyReply = ({
  key,
  value,
  unit,
}: {
  readonly key: "tare" | "zero";
  readonly value: string;
  readonly unit: SicsReplySpec["unit"];
}): Uint8Array<ArrayBuffer> => bytesFrom(key === "zero" ? "Z A\r\n" : `T S ${value.padStart(10)} ${unit}\r\n`);
