import { bytesFrom } from "../reading.ts";

/** What a simulated scale answers to `W`. */
export interface Toledo8217Spec {
  /** Shown weight with three places (kg, below 100) or two (lb). */
  readonly value: string;
  readonly net: boolean;
  readonly state: "normal" | "motion" | "over" | "under";
}

/** The answer a scale would give (DIVA service manual pp. 45-51): the weight, or `?` and a status. */
export const encodeToledo8217 = ({ value, net, state }: Toledo8217Spec): Uint8Array<ArrayBuffer> => {
  const negative = value.startsWith("-");
  if (state !== "normal" || negative) {
    const status =
      0x40 |
      (state === "motion" ? 0x01 : 0) |
      (state === "over" ? 0x02 : 0) |
      (state === "under" || negative ? 0x04 : 0) |
      (net ? 0x20 : 0);
    return bytesFrom(`\x02?${String.fromCharCode(status)}\r`);
  }
  const places = value.length - value.indexOf(".") - 1;
  return bytesFrom(`\x02${value.padStart(places + 3, "0")}${net ? "N" : ""}\r`);
};

/** The status a scale answers to `T` and `Z` (DIVA service manual pp. 45-51). */
export const encodeToledo8217Status = ({
  net,
  zero,
}: {
  readonly net: boolean;
  readonly zero: boolean;
}): Uint8Array<ArrayBuffer> => {
  const status = 0x40 | (zero ? 0x10 : 0) | (net ? 0x20 : 0);
  return bytesFrom(`\x02?${String.fromCharCode(status)}\r`);
};
