import { maskParity, sum8 } from "../../framing/checksums.ts";
import type { FrameGrammar, FrameVerdict, FrameView } from "../../framing/frame-decoder.ts";
import type { ReadingEvent } from "../device-event.ts";
import {
  cr,
  fieldsAreWellFormed,
  lf,
  mayBeFieldChar,
  mayBeStatusA,
  mayBeStatusC,
  readingOf,
  shortLength,
  standardLength,
  stx,
} from "./frame.ts";

type Verdict = FrameVerdict<ReadingEvent>;

/** What this line sends after CR, once known. */
type Trailer = "unknown" | "none" | "checksum" | "line-feed";

/**
 * So many frames in a row must agree before a line counts as one without checksum, or before a known line is doubted: a
 * wrong weight must not come out because of one damaged byte.
 */
const agreement = 3;

const more: Verdict = { kind: "more" };
const reject = (length: number, reason: "bad-length" | "bad-field" | "bad-checksum", whole: boolean): Verdict => ({
  kind: "reject",
  length,
  reason,
  whole,
});

/** Length of the frame up to and with CR; a verdict when the bytes are none or not enough. */
const lengthOf = (bytes: Uint8Array, shortAllowed: boolean): number | Verdict => {
  for (let at = 1; at < Math.min(bytes.length, standardLength); at++) {
    const byte = bytes[at] ?? 0;
    if (at === shortLength - 1 && byte === cr && shortAllowed) return shortLength;
    if (at === 2) continue;
    const fits =
      at === 1
        ? mayBeStatusA(byte)
        : at === 3
          ? mayBeStatusC(byte)
          : at === standardLength - 1
            ? byte === cr
            : mayBeFieldChar(byte, bytes[2] ?? 0);
    if (!fits) return reject(at, byte === stx || byte === cr ? "bad-length" : "bad-field", false);
  }
  return bytes.length < standardLength ? more : standardLength;
};

/**
 * Framing with an optional checksum: 17 bytes, or 18 with CHK, or 18 with a line feed that is no checksum (T-Scale,
 * Worldweigh "Con2"); 11 or 12 in the short form.
 *
 * CHK is taken by its place, because it may equal STX or CR. Whether it exists is learned from the line:
 * - the byte after CR completes the sum to zero: it is CHK, and from then on every frame must have a good one;
 * - it is STX and a status word follows: there is none; after three such frames in a row CR ends the frame;
 * - it is LF: no checksum either (see above);
 * - anything else: a damaged checksum, the frame is refused;
 * - three frames in a row that contradict what was learned: the line is learned anew.
 * The short form is believed only while no standard frame was seen, or a frame that lost six bytes could pass for one.
 */
export const createContinuousGrammar = (): FrameGrammar<ReadingEvent> => {
  let trailer: Trailer = "unknown";
  let agreeing = 0;
  let doubts = 0;
  let standardSeen = false;

  const doubt = () => {
    agreeing = 0;
    doubts++;
    if (trailer !== "unknown" && doubts >= agreement) {
      trailer = "unknown";
      doubts = 0;
    }
  };

  const learn = (seen: Exclude<Trailer, "unknown">) => {
    if (seen === trailer) {
      doubts = 0;
      return;
    }
    if (trailer !== "unknown") return doubt();
    agreeing = seen === "none" ? agreeing + 1 : 0;
    if (seen !== "none" || agreeing >= agreement) {
      trailer = seen;
      doubts = 0;
    }
  };

  const accept = (window: Uint8Array, frame: Uint8Array, body: number, length: number): Verdict => {
    const short = body === shortLength;
    if (!short) standardSeen = true;
    return { kind: "accept", length, event: readingOf(frame, window.slice(0, length), short) };
  };

  /** Which trailer the bytes after CR show; a verdict when they show none or more are needed. */
  const trailerOf = (bytes: Uint8Array, body: number, ended: boolean): Exclude<Trailer, "unknown"> | Verdict => {
    const last = bytes[body];
    if (last === undefined) {
      if (trailer === "checksum" || !ended) return more;
      return "none";
    }
    const sumFits = (sum8(bytes.subarray(0, body + 1)) & 0x7f) === 0;
    if (trailer === "line-feed" && last === lf) return "line-feed";
    if (trailer === "checksum") return sumFits ? "checksum" : damaged(bytes, body, ended);
    const next = bytes[body + 1];
    if (last === stx) {
      if (next === undefined) return ended ? (sumFits ? "checksum" : "none") : more;
      if (next !== stx) return "none";
      return sumFits ? "checksum" : reject(body + 1, "bad-checksum", true);
    }
    if (sumFits) return "checksum";
    if (last === lf) return "line-feed";
    return reject(body + 1, "bad-checksum", true);
  };

  /** A frame without its good checksum on a line that has them: refused, and a following frame is left alone. */
  const damaged = (bytes: Uint8Array, body: number, ended: boolean): Verdict => {
    const next = bytes[body + 1];
    if (bytes[body] !== stx) return reject(body + 1, "bad-checksum", true);
    if (next === undefined && !ended) return more;
    if (next === undefined || !mayBeStatusA(next)) return reject(body + 1, "bad-checksum", true);
    return reject(body, "bad-checksum", true);
  };

  const examine = (window: Uint8Array, view: FrameView): Verdict => {
    const bytes = maskParity(window.subarray(0, standardLength + 2));
    const body = lengthOf(bytes, !standardSeen);
    if (typeof body !== "number") return body;
    if (!fieldsAreWellFormed(bytes, body === shortLength)) return reject(body, "bad-field", false);
    if (trailer === "none") {
      if (view.gap > 0) doubt();
      else doubts = 0;
      if (trailer === "none") return accept(window, bytes, body, body);
    }
    const found = trailerOf(bytes, body, view.ended);
    if (typeof found !== "string") {
      // Only a well-formed frame directly followed by the next one speaks against a checksum; damage does not.
      if (found.kind === "reject" && found.length === body) doubt();
      return found;
    }
    // A sum that fits by chance on STX or LF teaches nothing.
    const byChance = found === "checksum" && (bytes[body] === lf || bytes[body] === stx);
    if (!byChance && !(found === "none" && bytes[body] !== stx)) learn(found);
    return accept(window, bytes, body, found === "none" ? body : body + 1);
  };

  return { isStart: (byte) => (byte & 0x7f) === stx, examine };
};
