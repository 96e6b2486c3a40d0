import type { DiscardedEvent } from "../../framing/discarded-event.ts";
import { expandEvents } from "../../framing/expand-events.ts";
import { createFrameDecoder, type FrameGrammar, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import { decodeText, type TextCode } from "../../framing/text-code.ts";
import type { DeviceCodec, ReadingEvent, ResultEvent } from "../device-event.ts";
import type { SaleEvent } from "../line-event.ts";
import { latin1, numberIn, readingWith, unitIn } from "../reading.ts";
import { createResultReader, type ResultField, type ResultWords, resultFields } from "../result-words.ts";
import { saleWith } from "../sale-with.ts";

const maxBlockBytes = 2048;

/**
 * How a printed ticket is read. Regular expressions without delimiters; group 1 is what is looked for, in weights group 2
 * the unit.
 */
export interface BlockFormat {
  readonly encoding: TextCode;
  /** Text that ends a ticket; a quiet line ends it too. */
  readonly end: string | null;
  /** Text that a ticket begins with; `null`: anything. */
  readonly start: string | null;
  readonly net: string | null;
  readonly gross: string | null;
  /** Taken only when `start` is set, so that a ticket heard from its middle has no other meaning than a whole one. */
  readonly tare: string | null;
  readonly number: string | null;
  readonly item: string | null;
  /** Money with two places, or whole units. */
  readonly unitPrice: string | null;
  readonly amount: string | null;
}

/** How a tester's printed slip is read: an expression for each field of a result, group 1 is what is taken. */
export interface BlockResultFormat extends ResultWords, Pick<BlockFormat, "encoding" | "end" | "start"> {
  readonly fields: Readonly<Partial<Record<ResultField, string | undefined>>>;
}

const weightAfter = (label: string): string =>
  `(?:${label})\\s*[:：]?\\s*([+-]?\\s*\\d+(?:\\.\\d+)?)\\s*(kg|g|lb|oz|t|公斤|千克|市?斤|克|两)`;

/** Tickets with a labelled net or gross weight; `~P1` (JIK6CAB) ends one, or silence. */
export const defaultBlockFormat: BlockFormat = {
  encoding: "auto",
  end: "~P1",
  start: null,
  net: weightAfter("Net(?:to)?|N\\.W\\.|净重"),
  gross: weightAfter("Gross|G\\.W\\.|毛重"),
  tare: weightAfter("Tare|T\\.W\\.|皮重"),
  number: null,
  item: null,
  unitPrice: null,
  amount: null,
};

interface TicketFrame {
  readonly event: "ticket";
  readonly reading: ReadingEvent;
  readonly sale: SaleEvent | null;
}

/** Money as written (`16.00`, `16`) in hundredths; `null` when it is no such number. */
const fenIn = (text: string | undefined): number | null => {
  const match = /^(\d{1,10})(?:\.(\d{2}))?$/.exec(text?.trim() ?? "");
  return match === null ? null : Number(match[1]) * 100 + Number(match[2] ?? "0");
};

type Field = Exclude<keyof BlockFormat, "encoding" | "end" | "start">;

const compile = (format: BlockFormat) => {
  const fields: readonly Field[] = ["net", "gross", "tare", "number", "item", "unitPrice", "amount"];
  const expressions = new Map(
    fields.flatMap((field) => {
      const source = format[field];
      return source === null ? [] : [[field, new RegExp(source, "iu")] as const];
    }),
  );
  const find = (field: Field, text: string): RegExpExecArray | null => expressions.get(field)?.exec(text) ?? null;

  return (text: string, raw: Uint8Array): TicketFrame | null => {
    if (format.start !== null && !text.trimStart().startsWith(format.start)) return null;
    const net = find("net", text);
    const weight = net ?? find("gross", text);
    const value = numberIn(weight?.[1] ?? "");
    if (weight === null || value === null) return null;
    const unit = unitIn(weight[2] ?? "");
    const tare = format.start === null ? null : numberIn(find("tare", text)?.[1] ?? "");
    const reading = readingWith(raw, { value, unit, mode: net === null ? "gross" : "net", tare });
    const amountFen = fenIn(find("amount", text)?.[1]);
    if (amountFen === null) return { event: "ticket", reading, sale: null };
    const said = {
      number: find("number", text)?.[1]?.trim() ?? null,
      item: find("item", text)?.[1]?.trim() ?? null,
      soldBy: "weight",
      weight: value,
      unit,
      tare,
      unitPriceFen: fenIn(find("unitPrice", text)?.[1]),
      amountFen,
    } as const;
    return { event: "ticket", reading, sale: saleWith(new Uint8Array(0), said, 5) };
  };
};

/** What a slip of a tester says; `null` when it has neither value nor verdict, or a time that cannot be read. */
const compileResult = (format: BlockResultFormat) => {
  const resultOf = createResultReader(format);
  const expressions = new Map(
    resultFields.flatMap((field) => {
      const source = format.fields[field];
      return source === undefined ? [] : [[field, new RegExp(source, "iu")] as const];
    }),
  );
  return (text: string, raw: Uint8Array): ResultEvent | null => {
    if (format.start !== null && !text.trimStart().startsWith(format.start)) return null;
    if (text.includes("\ufffd")) return null;
    const said = (field: ResultField): string | null => expressions.get(field)?.exec(text)?.[1]?.trim() || null;
    if (said("value") === null && said("verdict") === null) return null;
    const read = resultOf(said);
    return read.kind === "result" ? { event: "result", raw, ...read.result } : null;
  };
};

const createGrammar = <Frame>(
  format: Pick<BlockFormat, "encoding" | "end">,
  read: (text: string, raw: Uint8Array) => Frame | null,
): FrameGrammar<Frame> => {
  return {
    isStart: (byte) => byte > 0x20,
    examine: (window, { ended }) => {
      const text = latin1(window.subarray(0, maxBlockBytes));
      const marker = format.end === null || format.end === "" ? -1 : text.indexOf(format.end);
      const length = marker < 0 ? text.length : marker + (format.end ?? "").length;
      if (marker < 0 && !ended && text.length < maxBlockBytes) return { kind: "more" };
      if (marker < 0 && text.length >= maxBlockBytes) {
        return { kind: "reject", length: maxBlockBytes, reason: "bad-length", whole: true };
      }
      const raw = window.slice(0, length);
      const ticket = read(decodeText(raw, format.encoding), raw);
      return ticket === null
        ? { kind: "reject", length, reason: "bad-field", whole: true }
        : { kind: "accept", length, event: ticket };
    },
  };
};

type Event = ReadingEvent | SaleEvent | DiscardedEvent;

/**
 * The codec of a ticket format.
 * @throws {SyntaxError} when one of its expressions is none
 */
export const blockOf = (format: BlockFormat): DeviceCodec => {
  const read = compile(format);
  return {
    id: "block",
    displayName: { zh: "可配置的打印小票", en: "Configurable printed tickets" },
    deviceClass: "scale",
    maxPendingBytes: maxBlockBytes + maxDiscardBytes,
    createDecoder: () =>
      expandEvents(createFrameDecoder(createGrammar(format, read), maxBlockBytes), (frame): readonly Event[] => {
        if (frame.event !== "ticket") return [frame];
        return frame.sale === null ? [frame.reading] : [frame.reading, frame.sale];
      }),
  };
};

/**
 * The codec of a tester that prints slips.
 * @throws {SyntaxError} when one of its expressions is none
 */
export const blockResultsOf = (format: BlockResultFormat): DeviceCodec => {
  const read = compileResult(format);
  return {
    id: "block",
    displayName: { zh: "可配置的打印小票", en: "Configurable printed tickets" },
    deviceClass: "tester",
    maxPendingBytes: maxBlockBytes + maxDiscardBytes,
    createDecoder: () => createFrameDecoder<ResultEvent>(createGrammar(format, read), maxBlockBytes),
  };
};

/** Printed tickets of any scale: labelled weights, ended by a mark or by silence. */
export const block: DeviceCodec = blockOf(defaultBlockFormat);
