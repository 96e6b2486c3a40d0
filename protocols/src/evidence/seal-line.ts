import { fromBase64, fromUtf8 } from "../bytes/bytes.ts";
import type { Seal } from "../chain/seal.ts";

const form =
  /^S \{"seq":([1-9]\d{0,15}),"wall":"([ !#-[\]-~]{1,64})","kid":"([0-9a-f]{16})","sig":"([A-Za-z0-9+/]{86}==)"\}$/;

/** A seal as an evidence file has it. */
export interface SealLine {
  readonly seq: number;
  readonly seal: Seal;
  readonly signature: Uint8Array;
}

/**
 * Reads an `S` line. A seal has one form only, so that no octet of the file can change unseen: `undefined` for any other.
 */
export const parseSealLine = (line: Uint8Array): SealLine | undefined => {
  const [, seq, wall, kid, sig] = form.exec(fromUtf8(line) ?? "") ?? [];
  if (seq === undefined || wall === undefined || kid === undefined || sig === undefined) return undefined;
  const signature = fromBase64(sig);
  return signature && { seq: Number(seq), seal: { wall, kid, sig }, signature };
};
