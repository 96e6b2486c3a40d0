import { concat } from "../../bytes/bytes.ts";
import { sum8 } from "../../framing/checksums.ts";
import { bytesFrom } from "../reading.ts";

/** What a simulated terminal says in one frame. */
export interface ExtendedFrameSpec {
  readonly value: string;
  readonly tare: string | null;
  readonly unit: "lb" | "kg" | "g" | "t" | "oz";
  readonly net: boolean;
  readonly state: "normal" | "motion" | "over" | "under" | "not-zeroed" | "invalid";
  readonly checksum: boolean;
}

const unitCode = { lb: 1, kg: 2, g: 3, t: 4, oz: 8 } as const;
const thirdStatus = { normal: 0, motion: 0, invalid: 1, under: 2, over: 4, "not-zeroed": 8 } as const;

/** The frame a terminal would send (texts of the IND245 firmware): 24 bytes, 25 with checksum. */
export const encodeExtendedFrame = (spec: ExtendedFrameSpec): Uint8Array<ArrayBuffer> => {
  const s1 = 0x20 | unitCode[spec.unit] | (spec.state === "motion" ? 0x40 : 0);
  const s2 = 0x20 | (spec.net ? 0x01 : 0);
  const s3 = 0x20 | thirdStatus[spec.state];
  const fields = `${spec.value.padStart(9)}${(spec.tare ?? "").padStart(8)}`;
  const body = bytesFrom(`\x011${String.fromCharCode(s1, s2, s3, 0x20)}${fields}\r`);
  return spec.checksum ? new Uint8Array(concat(body, Uint8Array.of(-sum8(body) & 0x7f))) : body;
};
