import { encodeEcrFrame } from "../cas-ecr/encode.ts";

/** What a simulated scale says in one frame. */
export interface Os2FrameSpec {
  readonly value: string;
  readonly unit: "kg" | "lb" | " g";
  readonly state: "stable" | "unstable" | "overload" | "abnormal";
}

/** The 15 bytes a scale would send (Pinnacle OS2CX manual p. 19): BCC over the twelve bytes before it. */
export const encodeOs2Frame = (spec: Os2FrameSpec): Uint8Array<ArrayBuffer> =>
  encodeEcrFrame({ ...spec, summed: "from-soh" });
