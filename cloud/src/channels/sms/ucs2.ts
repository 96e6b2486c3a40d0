/** UCS-2 units of one short message (3GPP TS 23.040 §9.2.3.24.1: 140 octets), signature included. */
export const segmentUnits = 70;
/** What is left of it in each part of a longer one, beside a header of six octets. */
export const partUnits = 67;

/** A text as networks carry it, most significant octet first; characters beyond the basic plane are pairs of units. */
export const ucs2Bytes = (text: string): Uint8Array => {
  const bytes = new Uint8Array(text.length * 2);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < text.length; index++) view.setUint16(index * 2, text.charCodeAt(index));
  return bytes;
};

/** Text of such octets; an odd last one is left out. */
export const ucs2Text = (bytes: Uint8Array): string => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = "";
  for (let index = 0; index + 1 < bytes.length; index += 2) text += String.fromCharCode(view.getUint16(index));
  return text;
};

/** Cuts a text into parts of at most `partUnits`, never through a pair. A text of one segment stays whole. */
export const textParts = (text: string): readonly string[] => {
  if (text.length <= segmentUnits) return [text];
  const parts: string[] = [];
  let part = "";
  for (const character of text) {
    if (part.length + character.length > partUnits) {
      parts.push(part);
      part = "";
    }
    part += character;
  }
  return [...parts, part];
};

/**
 * A text that fits one segment: as it is; without characters beyond the basic plane when it would be longer; at last cut.
 * What the centre says fits by itself, names in it may hold such characters.
 */
export const oneSegment = (text: string): string => {
  if (text.length <= segmentUnits) return text;
  return text.replace(/[\u{10000}-\u{10ffff}]/gu, "").slice(0, segmentUnits);
};
