import { bytesFrom } from "../reading.ts";

/** What a simulated indicator shows. */
export interface EqFrameSpec {
  /** Shown weight with one to three places, sign included. */
  readonly value: string;
  readonly reversed: boolean;
  readonly lineEnd?: "" | "\r\n";
}

/** The frame an indicator would send (XK3190-A26 manual pp. 12-13): `=0003.000`, or reversed `=000.3000`. */
export const encodeEqFrame = ({ value, reversed, lineEnd = "" }: EqFrameSpec): Uint8Array<ArrayBuffer> => {
  const text = `${value.startsWith("-") ? "-" : "0"}${value.replace(/^-/, "").padStart(7, "0")}`;
  return bytesFrom(`=${reversed ? Array.from(text).reverse().join("") : text}${lineEnd}`);
};
