import { xor8 } from "../../framing/checksums.ts";
import { bytesFrom } from "../reading.ts";

/** What a simulated scale says in one frame. */
export interface BerkelFrameSpec {
  /** Weight in steps of the last digit: grams, or hundredths of a pound. */
  readonly digits: number;
  readonly capacity: "15 kg" | "30 lb" | "6 kg";
  readonly outOfRange: boolean;
}

const codes = { "15 kg": 1, "30 lb": 2, "6 kg": 3 } as const;

/** The nine bytes a scale would send (CAS PD-II manual p. 19). */
export const encodeBerkelFrame = ({ digits, capacity, outOfRange }: BerkelFrameSpec): Uint8Array<ArrayBuffer> => {
  const id = 0x28 | codes[capacity] | (outOfRange ? 0x10 : 0);
  const body = Uint8Array.from([id, ...bytesFrom(digits.toString().padStart(5, "0").slice(-5))]);
  return Uint8Array.from([0x02, ...body, xor8(body), 0x03]);
};
