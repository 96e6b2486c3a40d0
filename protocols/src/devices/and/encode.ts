import { bytesFrom } from "../reading.ts";

/** What a simulated scale says in one line. */
export interface AndLineSpec {
  readonly value: string;
  readonly unit: "g" | "kg" | "oz" | "lb";
  readonly header: "ST" | "US" | "OL";
  /** Comparator header of the GC series. */
  readonly comparator?: "LO" | "OK" | "HI" | "--";
}

/** The line a scale would send (A&D EK-L manual p. 30): sign, eight characters with zeros before, unit in three; OL sends nines. */
export const encodeAndLine = ({ value, unit, header, comparator }: AndLineSpec): Uint8Array<ArrayBuffer> => {
  const sign = value.startsWith("-") ? "-" : "+";
  const digits = header === "OL" ? "999999.9" : value.replace(/^-/, "").padStart(8, "0");
  const second = comparator === undefined ? "" : `${comparator},`;
  return bytesFrom(`${header},${second}${sign}${digits}${unit.padStart(3)}\r\n`);
};
