import { concat } from "../../bytes/bytes.ts";
import { xor8 } from "../../framing/checksums.ts";
import { bytesFrom } from "../reading.ts";

/** What a simulated indicator shows. */
export interface A12eFrameSpec {
  readonly value: string;
  readonly net: boolean;
  readonly range?: "over" | "under";
}

const weightOf = (value: string): string => {
  const negative = value.startsWith("-");
  const digits = value.replace(/^-/, "");
  if (digits.includes(".")) return `${negative ? "-" : ""}${digits.padStart(negative ? 6 : 7, "0")}`;
  return `${negative ? "-" : ""}${digits.padStart(negative ? 5 : 6, "0")} `;
};

/** The 15 bytes an XK3190-A12(E) would send (manual p. 13). */
export const encodeA12eFrame = ({ value, net, range }: A12eFrameSpec): Uint8Array<ArrayBuffer> => {
  const letters = range === "over" ? "OL" : "LO";
  const body = bytesFrom(
    range === undefined ? `W${net ? "N" : "G"}${weightOf(value)}kg` : `${" ".repeat(9)}${letters}`,
  );
  const check = xor8(body).toString(16).toUpperCase().padStart(2, "0");
  return new Uint8Array(concat(body, bytesFrom(`${check}\r\n`)));
};
