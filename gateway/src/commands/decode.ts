import { createReadStream } from "node:fs";
import { MingchengError, maskParity, toHex } from "@mingcheng/protocols";
import {
  type DeviceEvent,
  deviceCodecOf,
  eventAsJson,
  type FrameEvent,
  type ReadingEvent,
  type ResultEvent,
  type SaleEvent,
} from "@mingcheng/protocols/devices";
import { type ConfiguredCodec, configuredCodec } from "./configured-codec.ts";
import { hexBytes } from "./hex-text.ts";

/**
 * Options of `mingcheng-gateway decode`. A protocol, or a configured device; exactly one source: `hex`, `file` or the
 * standard input.
 */
export interface DecodeOptions {
  readonly protocol?: string | undefined;
  /** A configuration, whose `device` says how its bytes are read (lines, tickets and tables that are configured). */
  readonly config?: string | undefined;
  readonly device?: string | undefined;
  /** Bytes as hexadecimal text; `-`: such text from the standard input. */
  readonly hex?: string | undefined;
  /** A file with the raw bytes; `-`: the standard input. */
  readonly file?: string | undefined;
  /** One JSON event per line instead of a table. */
  readonly json?: boolean | undefined;
  /** Take the parity bit off every byte first; most scales' protocols do so by themselves. */
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

const asBytes = (chunk: Uint8Array | string): Uint8Array =>
  typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;

const readFrom = async function* (
  chunks: AsyncIterable<Uint8Array | string>,
  field: string,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of chunks) yield asBytes(chunk);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MingchengError("INPUT_INVALID", reason, { field, cause });
  }
};

const sourceOf = (options: DecodeOptions, io: DecodeIo): AsyncIterable<Uint8Array> => {
  const { hex, file } = options;
  if (hex !== undefined && file !== undefined) {
    throw new MingchengError("INPUT_INVALID", "give either --hex or --file", { field: "--file" });
  }
  if (hex === "-") return hexBytes(io.stdin);
  if (hex !== undefined) return hexBytes([hex]);
  if (file === undefined || file === "-") return readFrom(io.stdin, "stdin");
  return readFrom(createReadStream(file), "--file");
};

/** How the bytes are read: by the protocol, or as a device's options say. */
const codecOf = async ({ protocol, config, device }: DecodeOptions): Promise<ConfiguredCodec> => {
  if (config !== undefined) return configuredCodec(config, device, protocol);
  if (device !== undefined) throw new MingchengError("INPUT_INVALID", "--device needs --config", { field: "--device" });
  if (protocol !== undefined) return { codec: deviceCodecOf(protocol) };
  throw new MingchengError("INPUT_INVALID", "say --protocol, or --config and --device", { field: "--protocol" });
};

/**
 * Decodes captured bytes and writes every event in order; what the end of the input cuts off is `incomplete`.
 * @throws {MingchengError} PROTOCOL_UNKNOWN, CONFIG_INVALID, or INPUT_INVALID naming the option
 */
export const runDecode = async (options: DecodeOptions, io: DecodeIo): Promise<void> => {
  const { codec, table } = await codecOf(options);
  const source = sourceOf(options, io);
  const write = async (events: readonly DeviceEvent[]) => {
    for (const event of events) {
      await io.writeLine(options.json === true ? JSON.stringify(eventAsJson(event)) : eventAsText(event));
    }
  };
  // A file of results is read as in a folder: workbooks, rows of several lines, and every bad row with its number.
  if (codec.id === "csv" && options.file !== undefined) {
    const { decodeTable } = await import("./decode-table.ts");
    return decodeTable(source, table, async (event, text) =>
      io.writeLine(options.json === true ? JSON.stringify(event) : text),
    );
  }
  const decoder = codec.createDecoder({ sevenBit: options.sevenBit === true });
  const plain = (bytes: Uint8Array): Uint8Array => (options.sevenBit === true ? maskParity(bytes) : bytes);
  for await (const bytes of source) await write(decoder.push(plain(bytes)));
  await write(decoder.end());
};
