import { bytesFrom } from "../reading.ts";

/** What a simulated indicator shows. */
export interface WwFrameSpec {
  readonly value: string;
  readonly mode: "w" | "n" | "t";
  /** What follows a frame. */
  readonly lineEnd?: "" | "\r\n";
}

/** The frame an indicator would send (XK3190-A12(E) manual p. 13): `ww000.000kg`, `wn-0000.1kg`. */
export const encodeWwFrame = ({ value, mode, lineEnd = "\r\n" }: WwFrameSpec): Uint8Array<ArrayBuffer> => {
  const negative = value.startsWith("-");
  const digits = value.replace(/^-/, "").padStart(negative ? 6 : 7, "0");
  return bytesFrom(`w${mode}${negative ? "-" : ""}${digits}kg${lineEnd}`);
};
