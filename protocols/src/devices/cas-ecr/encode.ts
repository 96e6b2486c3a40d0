import { xor8 } from "../../framing/checksums.ts";
import { bytesFrom } from "../reading.ts";

/** What a simulated scale says in one frame. */
export interface EcrFrameSpec {
  /** Shown weight, at most six characters with its point. */
  readonly value: string;
  readonly unit: "kg" | "lb" | " g";
  readonly state: "stable" | "unstable" | "overload" | "abnormal";
  /** What the BCC covers besides the payload. */
  readonly summed: "payload" | "from-soh";
}

/** The 15 bytes a scale would send (CAS PD-II manual p. 23; BCC from SOH on: Pinnacle OS2CX manual p. 19). */
export const encodeEcrFrame = ({ value, unit, state, summed }: EcrFrameSpec): Uint8Array<ArrayBuffer> => {
  const over = state === "overload";
  const sign = over ? "F" : value.startsWith("-") ? "-" : " ";
  const letter = { stable: "S", unstable: "U", overload: "S", abnormal: "F" }[state];
  const weight = over ? "FFFFFF" : value.replace("-", "").padStart(6, "0");
  const payload = bytesFrom(`${letter}${sign}${weight}${unit}`);
  const check = xor8(payload) ^ (summed === "payload" ? 0 : 0x03);
  return Uint8Array.from([0x01, 0x02, ...payload, check, 0x03, 0x04]);
};
