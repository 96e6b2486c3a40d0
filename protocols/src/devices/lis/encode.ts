import { concat, utf8 } from "../../bytes/bytes.ts";
import { MingchengError } from "../../errors/mingcheng-error.ts";

/** One frame as an instrument sends it. */
export interface LisFrameSpec {
  /** 0 to 7. */
  readonly frameNo: number;
  /** Text between frame number and ETX or ETB; UTF-8. */
  readonly text: string | Uint8Array;
  /** ETX (last frame) or ETB (more to come). */
  readonly final: boolean;
  /** What follows the checksum. LIS01-A2 section 6.3.1: CR LF. */
  readonly lineEnd?: "crlf" | "cr" | "lf";
  readonly lowerCaseChecksum?: boolean;
}

const lineEnds = { crlf: [0x0d, 0x0a], cr: [0x0d], lf: [0x0a] } as const;

/**
 * A frame with its checksum: the sum, modulo 256, from the frame number up to and with ETX or ETB, as two hexadecimal
 * digits (LIS01-A2 section 6.3.1.4). Written from the standard, not from the decoder.
 * @throws {MingchengError} SIM_VALUE_INVALID when the frame number is none
 */
export const encodeLisFrame = (spec: LisFrameSpec): Uint8Array<ArrayBuffer> => {
  const { frameNo, text, final, lineEnd = "crlf", lowerCaseChecksum = false } = spec;
  if (!Number.isInteger(frameNo) || frameNo < 0 || frameNo > 7) {
    throw new MingchengError("SIM_VALUE_INVALID", `${frameNo} is no frame number`, { field: "frameNo" });
  }
  const content = typeof text === "string" ? utf8(text) : text;
  const summed = concat(Uint8Array.of(0x30 + frameNo), content, Uint8Array.of(final ? 0x03 : 0x17));
  const sum = summed.reduce((total, byte) => total + byte, 0) % 256;
  const hex = sum.toString(16).padStart(2, "0");
  return concat(
    Uint8Array.of(0x02),
    summed,
    utf8(lowerCaseChecksum ? hex : hex.toUpperCase()),
    Uint8Array.from(lineEnds[lineEnd]),
  );
};
