const octetsOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));

const perLine = 16;
/** More is not shown: the whole is in the evidence of the gateway. */
const shownBytes = 4_096;

/** Bytes as a table of hexadecimal digits, sixteen a line, each line with its place. */
export const hexLines = (base64: string): string => {
  const octets = octetsOf(base64).subarray(0, shownBytes);
  const lines: string[] = [];
  for (let at = 0; at < octets.length; at += perLine) {
    const line = [...octets.subarray(at, at + perLine)].map((octet) => octet.toString(16).padStart(2, "0"));
    lines.push(`${at.toString(16).padStart(4, "0")}  ${line.join(" ")}`);
  }
  return lines.join("\n");
};

/** The same bytes as text, with what cannot be printed as a dot; JSON is set out in lines. */
export const readableOf = (base64: string): string => {
  const text = new TextDecoder().decode(octetsOf(base64));
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text.slice(0, shownBytes).replace(/[^\P{C}\n\r\t]/gu, "·");
  }
};
