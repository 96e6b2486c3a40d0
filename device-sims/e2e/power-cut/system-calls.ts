/** One system call of a recorded process. Times in milliseconds since 1970, with microseconds behind the point. */
export interface SystemCall {
  /** Taken before the call began. */
  readonly startMs: number;
  /** Taken after the call ended and before the caller went on; Infinity when it never ended. */
  readonly endMs: number;
  readonly name: string;
  /** Arguments as strace prints them: numbers, flags, quoted strings in hexadecimal, structures. */
  readonly args: readonly string[];
  /** What it returned; negative for an error. NaN when it never ended. */
  readonly result: number;
}

/** The recording is not what the replay can trust. `message` names the line. */
export class RecordingError extends Error {}

const head = /^(\d+) +(\d+)\.(\d{6}) /;
const resumed = /^<\.\.\. (\w+) resumed>/;
const tail = /\) += (-?\d+|\?|0x[0-9a-f]+)[^<"]*(?:<(\d+\.\d+)>)?$/;
const unfinished = " <unfinished ...>";

interface Begun {
  readonly startMs: number;
  readonly text: string;
}

/**
 * Splits the arguments of one call at its top-level commas. Strings hold nothing but `\xHH`, so quotes never lie.
 * @throws {RecordingError} when strace cut a string short
 */
export const splitArguments = (text: string): string[] => {
  const args: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') {
      at = text.indexOf('"', at + 1);
      if (at === -1 || text.startsWith("...", at + 1))
        throw new RecordingError(`a string was cut: ${text.slice(0, 80)}`);
    } else if (char === "[" || char === "{" || char === "(") depth++;
    else if (char === "]" || char === "}" || char === ")") depth--;
    else if (char === "," && depth === 0) {
      args.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  const last = text.slice(from).trim();
  return last === "" ? args : [...args, last];
};

/** The octets of a quoted string printed with `-xx`. @throws {RecordingError} when it is none */
export const octetsOf = (quoted: string): Buffer => {
  if (!quoted.startsWith('"') || !quoted.endsWith('"')) throw new RecordingError(`no string: ${quoted.slice(0, 80)}`);
  return Buffer.from(quoted.slice(1, -1).replaceAll("\\x", ""), "hex");
};

/** The octets of an iovec array, joined. */
export const octetsOfVector = (vector: string): Buffer =>
  Buffer.concat([...vector.matchAll(/iov_base=("[^"]*")/g)].map(([, quoted]) => octetsOf(quoted ?? "")));

const callOf = (startMs: number, text: string): SystemCall | undefined => {
  const open = text.indexOf("(");
  const end = tail.exec(text.slice(Math.max(0, text.length - 200)));
  if (open === -1 || end === null) return undefined;
  const closing = text.length - (end[0]?.length ?? 0);
  const [, result, seconds] = end;
  return {
    startMs,
    endMs: result === "?" || seconds === undefined ? Number.POSITIVE_INFINITY : startMs + Number(seconds) * 1000,
    name: text.slice(0, open),
    args: splitArguments(text.slice(open + 1, closing)),
    result: result === "?" ? Number.NaN : Number(result),
  };
};

/**
 * Reads what `strace -f -ttt -T -xx -o` wrote, calls in the order in which they began. Calls under way when the
 * recording ended come with `endMs` Infinity: nobody knows what they did.
 * Lines stand in the order of what happened: where the machine's clock was set back in between, everything behind is moved
 * forward by as much. `notBeforeMs`: what was recorded earlier was over then.
 * @throws {RecordingError} when the recording is incomplete
 */
export const parseSystemCalls = (recording: string, notBeforeMs = 0): SystemCall[] => {
  const calls: SystemCall[] = [];
  let latestMs = notBeforeMs;
  let aheadMs = 0;
  const begun = new Map<string, Begun>();
  for (const line of recording.split("\n")) {
    const prefix = head.exec(line);
    if (prefix === null) continue;
    const [whole, thread = "", seconds, micros] = prefix;
    const clockMs = Number(seconds) * 1000 + Number(micros) / 1000;
    aheadMs = Math.max(aheadMs, latestMs - clockMs);
    const startMs = clockMs + aheadMs;
    latestMs = startMs;
    const text = line.slice(whole.length);
    const again = resumed.exec(text);
    if (again !== null) {
      const first = begun.get(thread);
      begun.delete(thread);
      if (first === undefined) continue;
      const call = callOf(first.startMs, first.text + text.slice(again[0].length));
      if (call !== undefined) calls.push(call);
    } else if (text.endsWith(unfinished)) {
      begun.set(thread, { startMs, text: text.slice(0, -unfinished.length) });
    } else {
      const call = callOf(startMs, text);
      if (call !== undefined) calls.push(call);
    }
  }
  for (const { startMs, text } of begun.values()) {
    const open = text.indexOf("(");
    const args = splitArguments(text.slice(open + 1));
    calls.push({ startMs, endMs: Number.POSITIVE_INFINITY, name: text.slice(0, open), args, result: Number.NaN });
  }
  return calls.sort((a, b) => a.startMs - b.startMs);
};
