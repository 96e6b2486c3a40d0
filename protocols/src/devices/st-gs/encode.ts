import { bytesFrom } from "../reading.ts";

/** What a simulated scale says in one line. */
export interface StGsLineSpec {
  /** Shown weight as decimal text, sign included. */
  readonly value: string;
  readonly unit: string;
  readonly status: "ST" | "US" | "OL" | "UL";
  readonly mode: "GS" | "NT" | "TR";
}

/** The line a scale would send (KERN KXS-TM manual p. 70): `ST,GS,+01234.56  lb`; beyond the range twelve blanks. */
export const encodeStGsLine = ({ value, unit, status, mode }: StGsLineSpec): Uint8Array<ArrayBuffer> => {
  const sign = value.startsWith("-") ? "-" : "+";
  const digits = value.replace(/^-/, "").padStart(8, "0");
  const field = status === "OL" || status === "UL" ? `${sign}${" ".repeat(12)}` : `${sign}${digits}${unit.padStart(4)}`;
  return bytesFrom(`${status},${mode},${field}\r\n`);
};
