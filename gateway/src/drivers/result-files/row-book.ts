import { createHash } from "node:crypto";
import type { TestBody } from "@mingcheng/protocols";
import { type ResultEvent, type TesterFacts, testBodyOfResult } from "@mingcheng/protocols/devices";
import type { CaptureDraft, ResultMarks, SessionContext } from "../define-driver.ts";
import { contentKeyOf } from "../result-memory.ts";
import type { ResultRow } from "./result-file.ts";

/** So many of the last captured results are asked back: an earlier process may have ended between record and note. */
const recalled = 5000;
const markDigits = 16;

/** A row that is not on disk yet. */
export interface NewRow {
  readonly mark: string;
  readonly draft: CaptureDraft;
}

const markOf = (content: string, nth: number): string =>
  createHash("sha256").update(`${content}#${nth}`).digest("hex").slice(0, markDigits);

/** Counts how often a content was met. */
const createCounter = () => {
  const counts = new Map<string, number>();
  return (content: string): number => {
    const nth = (counts.get(content) ?? 0) + 1;
    counts.set(content, nth);
    return nth;
  };
};

/**
 * Knows which rows are on disk already, by what they say and never by the file they stand in: a file that is exported
 * again, corrected, renamed or appended to brings only what is new. Two equal rows of one file are two results.
 */
export interface RowBook {
  /** The rows of one file that are not on disk yet, in order. `file` is named in what goes to quarantine. */
  unknown(rows: readonly ResultRow[], file: string): readonly NewRow[];
  /** A whole file that cannot be read: once for its content. */
  unreadable(bytes: Uint8Array, file: string, why: string): NewRow | null;
  /** The rows are on disk. @throws the system's error when that could not be noted */
  stored(rows: readonly NewRow[]): Promise<void>;
}

/** Bytes of an unreadable file that are kept. */
const maxKeptBytes = 16 * 1024;

/**
 * Opens the notes of a device's rows.
 * @throws the system's error
 */
export const openRowBook = async (context: SessionContext, facts: TesterFacts): Promise<RowBook> => {
  const marks: ResultMarks = await context.marks();
  // Between a record and its note the process may have been killed: the record counts.
  const count = createCounter();
  const fromRecords = new Set<string>();
  for (const body of await context.recall("test", recalled)) {
    const content = contentKeyOf(body as TestBody);
    fromRecords.add(markOf(content, count(content)));
  }
  const isKnown = (mark: string): boolean => marks.has(mark) || fromRecords.has(mark);

  const draftOf = ({ raw, said, number }: ResultRow, file: string): { content: string; draft: CaptureDraft } => {
    if ("why" in said) {
      const fault = `${file}, row ${number}: ${said.why}`;
      const content = `bad ${createHash("sha256").update(raw).digest("hex")}`;
      return { content, draft: { kind: "test", body: { file, row: number, why: said.why }, raw, fault } };
    }
    const event: ResultEvent = { event: "result", raw, ...said };
    const body = testBodyOfResult(event, facts);
    return { content: contentKeyOf(body), draft: { kind: "test", body, raw, urgent: true } };
  };

  return {
    unknown: (rows, file) => {
      const nth = createCounter();
      return rows.flatMap((row) => {
        const { content, draft } = draftOf(row, file);
        const mark = markOf(content, nth(content));
        return isKnown(mark) ? [] : [{ mark, draft }];
      });
    },
    unreadable: (bytes, file, why) => {
      const mark = markOf(`file ${createHash("sha256").update(bytes).digest("hex")}`, 1);
      if (isKnown(mark)) return null;
      const body = { file, bytes: bytes.length, why };
      return { mark, draft: { kind: "test", body, raw: bytes.subarray(0, maxKeptBytes), fault: `${file}: ${why}` } };
    },
    stored: (rows) => marks.add(rows.map(({ mark }) => mark)),
  };
};
