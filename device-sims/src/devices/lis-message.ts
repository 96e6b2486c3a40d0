import { concat, utf8 } from "@mingcheng/protocols";
import { encodeLisFrame } from "@mingcheng/protocols/devices";
import type { TesterResult } from "./tester.ts";

/** How one make of instrument writes LIS02-A2. */
export interface LisDialect {
  readonly instrument: { readonly name: string; readonly version: string; readonly serial: string };
  readonly delimiters: {
    readonly field: string;
    readonly repeat: string;
    readonly component: string;
    readonly escape: string;
  };
  /**
   * `record`: one frame per record, each ending with ETX. `etb`: the same, but all frames except the last end with ETB
   * (cobas c111). `message`: everything in one frame, however long (many raw TCP instruments).
   */
  readonly framing: "record" | "etb" | "message";
  /** A record longer than this is split over frames, ETB before the last part. LIS01-A2: 240. */
  readonly maxTextChars: number;
  readonly lineEnd: "crlf" | "cr" | "lf";
  readonly lowerCaseChecksum: boolean;
  /** Name sent in the patient record; a gateway must not keep it. */
  readonly operatorName: string;
}

/** One frame of a message and the results it completes, as indexes into the message's results. */
export interface MessageFrame {
  readonly bytes: Uint8Array;
  readonly completes: readonly number[];
}

interface RecordText {
  readonly text: string;
  readonly result: number | null;
}

/** Fields of one record by their number in the standard (1 = record type, given apart). */
type Fields = Readonly<Record<number, string>>;

const recordText = (type: string, fields: Fields, { field }: LisDialect["delimiters"]): string => {
  const last = Math.max(...Object.keys(fields).map(Number));
  const all = Array.from({ length: last - 1 }, (_, index) => fields[index + 2] ?? "");
  return [type, ...all].join(field);
};

/** LIS02-A2 section 5.4.6: delimiters inside a text travel as escape sequences. */
const escaped = (text: string, { field, repeat, component, escape: mark }: LisDialect["delimiters"]): string => {
  const names = new Map([
    [field, "F"],
    [repeat, "R"],
    [component, "S"],
    [mark, "E"],
  ]);
  return Array.from(text, (char) => (names.has(char) ? `${mark}${names.get(char)}${mark}` : char)).join("");
};

const headerText = (sentAt: string, { delimiters, instrument }: LisDialect): string => {
  const { field, repeat, component, escape: mark } = delimiters;
  const sender = [instrument.name, instrument.version, instrument.serial].join(component);
  const rest = recordText("", { 5: sender, 12: "P", 13: "LIS2-A2", 14: sentAt }, delimiters);
  // Field 2 is the delimiters themselves, right behind the letter and the field delimiter.
  return `H${field}${repeat}${component}${mark}${rest.slice(field.length)}`;
};

const recordsOf = (results: readonly TesterResult[], dialect: LisDialect): RecordText[] => {
  const { delimiters } = dialect;
  const records: RecordText[] = [{ text: headerText(results.at(-1)?.completedAt ?? "", dialect), result: null }];
  const add = (type: string, fields: Fields, result: number | null = null) =>
    records.push({ text: recordText(type, fields, delimiters), result });
  add("P", { 2: "1", 6: dialect.operatorName });
  let order = 0;
  let line = 0;
  for (const [index, result] of results.entries()) {
    const test = `${delimiters.component.repeat(3)}${escaped(result.assay, delimiters)}`;
    if (results[index - 1]?.specimenId !== result.specimenId || index === 0) {
      order++;
      line = 0;
      const specimen = escaped(result.specimenId, delimiters);
      add("O", { 2: `${order}`, 3: specimen, 5: test, 6: "R", 16: escaped(result.item, delimiters), 26: "F" });
    }
    line++;
    const { value, unit, flags, completedAt } = result;
    const said = { 4: escaped(value, delimiters), 5: escaped(unit, delimiters), 7: flags, 9: "F", 13: completedAt };
    add("R", { 2: `${line}`, 3: test, ...said }, index);
  }
  add("L", { 2: "1", 3: "N" });
  return records;
};

interface Part {
  readonly text: Uint8Array;
  readonly endsRecord: boolean;
  readonly completes: readonly number[];
}

const splitText = (text: Uint8Array, maxChars: number): Uint8Array[] => {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < text.length; at += maxChars) parts.push(text.slice(at, at + maxChars));
  return parts;
};

const partsOf = (records: readonly RecordText[], dialect: LisDialect): Part[] => {
  const withEnd = records.map(({ text, result }) => ({
    text: utf8(`${text}\r`),
    completes: result === null ? [] : [result],
  }));
  if (dialect.framing === "message") {
    const all = concat(...withEnd.map(({ text }) => text));
    return [{ text: all, endsRecord: true, completes: withEnd.flatMap(({ completes }) => completes) }];
  }
  return withEnd.flatMap(({ text, completes }) => {
    const pieces = splitText(text, dialect.maxTextChars);
    return pieces.map((piece, index) => {
      const last = index === pieces.length - 1;
      return { text: piece, endsRecord: last, completes: last ? completes : [] };
    });
  });
};

/** The frames of one message, numbered from 1 (LIS01-A2 section 6.3.1.3). */
export const framesOfMessage = (results: readonly TesterResult[], dialect: LisDialect): readonly MessageFrame[] => {
  const parts = partsOf(recordsOf(results, dialect), dialect);
  return parts.map(({ text, endsRecord, completes }, index) => ({
    completes,
    bytes: encodeLisFrame({
      frameNo: (index + 1) % 8,
      text,
      final: dialect.framing === "etb" ? index === parts.length - 1 : endsRecord,
      lineEnd: dialect.lineEnd,
      lowerCaseChecksum: dialect.lowerCaseChecksum,
    }),
  }));
};
