import { bytesFrom } from "../reading.ts";

/** What a simulated scale prints. */
export interface OhausLineSpec {
  readonly value: string;
  readonly unit: "kg" | "g" | "lb" | "oz";
  readonly stable: boolean;
  readonly legend: "G" | "N" | "T";
}

/** The line a scale would print (Defender 3000 manual EN-35): minus far left, weight right-aligned, `?` when unstable. */
export const encodeOhausLine = ({ value, unit, stable, legend }: OhausLineSpec): Uint8Array<ArrayBuffer> => {
  const polarity = value.startsWith("-") ? "-" : " ";
  return bytesFrom(
    `${polarity}${value.replace("-", "").padStart(7)} ${unit.padEnd(2)}   ${stable ? " " : "?"}${legend}\r\n`,
  );
};
