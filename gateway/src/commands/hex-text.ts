import { fromHex, MingchengError } from "@mingcheng/protocols";

/** Comments after `#`, `0x`, `\\x` and `h` around a byte, and whatever people put between bytes. */
const withoutMarks = (line: string): string =>
  line
    .replace(/#.*$/, "")
    .replace(/\\x|0x/gi, " ")
    .replace(/([0-9a-f]{2})h\b/gi, "$1")
    .replace(/[\s:,;|-]+/g, "");

const refuse = (why: string): never => {
  throw new MingchengError("INPUT_INVALID", why, { field: "--hex" });
};

const bytesOf = (digits: string): Uint8Array => {
  const other = /[^0-9a-f]/i.exec(digits)?.[0];
  if (other !== undefined) refuse(`not hexadecimal: ${JSON.stringify(other)}`);
  return fromHex(digits) ?? refuse("not an even number of hexadecimal digits");
};

/** Longer text without a line end is taken in pieces. */
const maxLineChars = 65_536;

/**
 * Bytes written as hexadecimal text, line by line: `02 2B 30`, `022B30`, `02:2B:30`, `0x02, 0x2B`, `\\x02\\x2B`, `02h 2Bh`;
 * comments after `#`.
 * @throws {MingchengError} INPUT_INVALID, naming what is no digit
 */
export const hexBytes = async function* (
  text: AsyncIterable<Uint8Array | string> | Iterable<string>,
): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder();
  let pending = "";
  // A byte may be cut where the text is: its first digit waits for the second.
  let half = "";
  const digitsOf = (line: string): Uint8Array => {
    const digits = half + withoutMarks(line);
    const whole = digits.length - (digits.length % 2);
    half = digits.slice(whole);
    return bytesOf(digits.slice(0, whole));
  };
  for await (const chunk of text) {
    pending += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    const lines = pending.split(/\r?\n/);
    pending = lines.pop() ?? "";
    for (const line of lines) yield digitsOf(line);
    const gap = pending.length > maxLineChars ? pending.lastIndexOf(" ") : -1;
    if (gap > 0) {
      yield digitsOf(pending.slice(0, gap));
      pending = pending.slice(gap);
    }
  }
  yield digitsOf(pending);
  if (half !== "") refuse("not an even number of hexadecimal digits");
};
