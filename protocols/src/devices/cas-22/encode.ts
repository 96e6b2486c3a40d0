import { bytesFrom } from "../reading.ts";

/** What a simulated indicator says in one frame. */
export interface Cas22FrameSpec {
  readonly value: string;
  readonly unit: "kg" | " g" | "lb" | " t";
  readonly status: "ST" | "US" | "OL";
  readonly net: boolean;
  /** Zero lamp. */
  readonly zero?: boolean;
  /** Hold lamp. */
  readonly hold?: boolean;
  /** Device number, sent as 30h + number. */
  readonly device?: number;
}

/** The 22 bytes an indicator would send (CAS CI-600D manual p. 74). */
export const encodeCas22Frame = (spec: Cas22FrameSpec): Uint8Array<ArrayBuffer> => {
  const lamps =
    0x80 |
    (spec.status === "ST" ? 0x40 : 0) |
    (spec.hold === true ? 0x10 : 0) |
    (spec.net ? 0x02 : 0x04) |
    (spec.zero === true ? 0x01 : 0);
  const id = 0x30 + (spec.device ?? 1);
  const head = `${spec.status},${spec.net ? "NT" : "GS"},${String.fromCharCode(id, lamps)},`;
  return bytesFrom(`${head}${spec.value.padStart(8)} ${spec.unit}\r\n`);
};
