import { createReadStream } from "node:fs";
import {
  type DeviceEvent,
  deviceCodecOf,
  eventAsJson,
  type FrameEvent,
  fromHex,
  MingchengError,
  type ReadingEvent,
  type ResultEvent,
  type SaleEvent,
  toHex,
} from "@mingcheng/protocols";

/** Options of `mingcheng-gateway decode`. Exactly one source: `hex`, `file` or the standard input. */
export interface DecodeOptions {
  readonly protocol: string;
  /** Bytes as hexadecimal text; blanks, line ends, colons, commas and `0x` are allowed between them. */
  readonly hex?: string | undefined;
  /** A file with the raw bytes. */
  readonly file?: string | undefined;
  /** One JSON event per line instead of a table. */
  readonly json?: boolean | undefined;
  /** Mask the parity bit where the protocol does not do so by itself. */
  readonly sevenBit?: boolean | undefined;
}

/** Where the command reads and writes. */
export interface DecodeIo {
  readonly stdin: AsyncIterable<Uint8Array | string>;
  /** Writes one line, without its line feed; resolves when there is room for the next. */
  writeLine(line: string): Promise<void>;
}

const pad = (text: string, width: number): string => text.padEnd(width);

const weightText = (value: string | null, unit: string | null): string =>
  value === null ? "-" : `${value} ${unit ?? "?"}`;

const frameText = (event: FrameEvent): string => {
  const sum = event.checksumOk ? "checksum ok" : "BAD CHECKSUM";
  const head = `${pad("frame", 10)}no ${event.frameNo} ${event.final ? "ETX" : "ETB"} ${sum} ${event.sequence}`;
  return [head, ...event.records.map(({ text }) => `${" ".repeat(10)}${text}`)].join("\n");
};

const resultText = ({ sample, assay, value, unit, instrumentVerdict, at }: ResultEvent): string =>
  `${pad("result", 10)}${[sample, assay, value, unit, instrumentVerdict, at].map((said) => said ?? "-").join("  ")}`;

const readingText = (event: ReadingEvent): string => {
  const states = [...(event.overload ? ["OVERLOAD"] : []), ...(event.underload ? ["UNDERLOAD"] : []), ...event.states];
  const tare = event.tare === null ? "" : ` tare ${event.tare}`;
  const weight = weightText(event.value, event.unit);
  return `${pad("reading", 10)}${pad(weight, 16)}${pad(event.mode, 8)}${pad(event.stable, 18)}${states.join(" ")}${tare}`;
};

const saleText = (sale: SaleEvent): string => {
  const sold = sale.soldBy === "count" ? sale.count : weightText(sale.weight, sale.unit);
  const said = [sale.number, sale.item, sold, sale.unitPriceFen, sale.amountFen, sale.at].map((one) => one ?? "-");
  return `${pad("sale", 10)}${said.join("  ")}${sale.mismatch ? "  MISMATCH" : ""}`;
};

/** One line of the readable table. */
export const eventAsText = (event: DeviceEvent): string => {
  switch (event.event) {
    case "discarded":
      return `${pad("discarded", 10)}${pad(event.reason, 16)}${toHex(event.bytes)}`;
    case "control":
      return `${pad("control", 10)}${event.control}`;
    case "frame":
      return frameText(event);
    case "result":
      return resultText(event);
    case "reading":
      return readingText(event);
    case "request":
    case "reply":
      return `${pad(event.event, 10)}${event.meaning}${event.detail === null ? "" : `  ${event.detail}`}`;
    case "sale":
      return saleText(event);
  }
};

const bytesOfHex = (text: string): Uint8Array => {
  const bytes = fromHex(text.replace(/0x/gi, "").replace(/[\s:,;-]+/g, ""));
  if (bytes === undefined) {
    throw new MingchengError("INPUT_INVALID", "not an even number of hexadecimal digits", { field: "--hex" });
  }
  return bytes;
};

const sourceOf = async function* (options: DecodeOptions, io: DecodeIo): AsyncGenerator<Uint8Array> {
  if (options.hex !== undefined) {
    yield bytesOfHex(options.hex);
    return;
  }
  if (options.file === undefined) {
    for await (const chunk of io.stdin) yield typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
    return;
  }
  try {
    for await (const chunk of createReadStream(options.file)) yield chunk as Uint8Array;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MingchengError("INPUT_INVALID", reason, { field: "--file", cause });
  }
};

/**
 * Decodes captured bytes and writes every event in order; what the end of the input cuts off is `incomplete`.
 * @throws {MingchengError} PROTOCOL_UNKNOWN, or INPUT_INVALID naming the option
 */
export const runDecode = async (options: DecodeOptions, io: DecodeIo): Promise<void> => {
  if (options.hex !== undefined && options.file !== undefined) {
    throw new MingchengError("INPUT_INVALID", "give either --hex or --file", { field: "--file" });
  }
  const decoder = deviceCodecOf(options.protocol).createDecoder({ sevenBit: options.sevenBit === true });
  const write = async (events: readonly DeviceEvent[]) => {
    for (const event of events) {
      await io.writeLine(options.json === true ? JSON.stringify(eventAsJson(event)) : eventAsText(event));
    }
  };
  for await (const bytes of sourceOf(options, io)) await write(decoder.push(bytes));
  await write(decoder.end());
};
