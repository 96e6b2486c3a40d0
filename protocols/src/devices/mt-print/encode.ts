import { bytesFrom } from "../reading.ts";

/** What a simulated balance prints. */
export interface MtPrintSpec {
  readonly value: string;
  readonly unit: "g" | "kg";
  readonly legend: "N" | "G" | "T";
}

/** The 26 bytes a balance would print (lines of an MS204TS). */
export const encodeMtPrint = ({ value, unit, legend }: MtPrintSpec): Uint8Array<ArrayBuffer> =>
  bytesFrom(`     ${legend} ${value.padStart(12)} ${unit}`.padEnd(24).concat("\r\n"));
