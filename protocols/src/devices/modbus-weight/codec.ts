import { createFrameDecoder, type FrameGrammar, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import type { DeviceCodec, ReadingEvent } from "../device-event.ts";
import type { ReplyEvent, RequestEvent } from "../line-event.ts";
import { hopelessBytes, type ModbusMessage, maxMessageBytes, messageAt, undecidedBelow } from "./frame.ts";
import { defaultModbusWeightMap, type ModbusRead, type ModbusWeightMap, readsOf } from "./map.ts";
import { registerReading, wordsIn } from "./reading.ts";

export { rtuRead as encodeModbusRtuRead, tcpRead as encodeModbusTcpRead } from "./frame.ts";
export { defaultModbusWeightMap, type ModbusRead, type ModbusWeightMap, readsOf as modbusReadsOf } from "./map.ts";

type Event = ReadingEvent | RequestEvent | ReplyEvent;

/** A codec that can be told what was asked: answers do not say which registers they hold. */
export interface ModbusWeightCodec extends DeviceCodec {
  /** The next answer holds these registers. */
  asked(read: ModbusRead): void;
}

const word = (data: Uint8Array, at: number): number => ((data[at] ?? 0) << 8) | (data[at + 1] ?? 0);
const hex = (data: Uint8Array): string => Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");

const isRead = (code: number): boolean => code === 3 || code === 4;
/** An answer holds a count and that many bytes; a request two words. */
const isAnswer = ({ data }: ModbusMessage): boolean => data.length === 1 + (data[0] ?? 0) && data.length !== 4;

const requestOf = (message: ModbusMessage, raw: Uint8Array): RequestEvent => ({
  event: "request",
  raw,
  meaning: isRead(message.function) ? "read-registers" : "write-registers",
  detail: `${word(message.data, 0)} ${word(message.data, 2)}`,
});

const createGrammar = (map: ModbusWeightMap, told: { next: ModbusRead | null }): FrameGrammar<Event> => {
  const reads = readsOf(map);
  const weightRead = reads.at(-1);
  let status: number | null = null;
  let seen: ModbusRead | null = null;

  /** Which registers an answer holds: as was asked, or, unasked, those of which only one read has that length. */
  const heldBy = (words: number): ModbusRead | null => {
    const asked = told.next ?? seen;
    told.next = null;
    seen = null;
    if (asked !== null) return asked.words === words ? asked : null;
    const fitting = reads.filter((read) => read.words === words);
    return fitting.length === 1 ? (fitting[0] ?? null) : null;
  };

  const answerOf = (message: ModbusMessage, raw: Uint8Array): Event => {
    const data = message.data.subarray(1);
    const words = wordsIn(data);
    const held = heldBy(words.length);
    const [high = 0, low = 0] = words;
    // Two registers are an integer of 32 bits with its sign.
    const detail = words.length === 2 ? ((high << 16) | low).toString() : hex(data);
    const reply: ReplyEvent = { event: "reply", raw, meaning: "registers", detail };
    if (held === null) return reply;
    if (map.status !== null && held.register === map.status.register) {
      status = words[0] ?? null;
      return reply;
    }
    if (held.register !== weightRead?.register || (map.status !== null && status === null)) return reply;
    const event = registerReading(words, status, map, raw) ?? reply;
    // A status belongs to the weight of its round, never to the next.
    status = null;
    return event;
  };

  const eventOf = (message: ModbusMessage, raw: Uint8Array): Event => {
    if ((message.function & 0x80) !== 0) {
      status = null;
      return { event: "reply", raw, meaning: "exception", detail: `${message.data[0] ?? 0}` };
    }
    if (!isRead(message.function)) return requestOf(message, raw);
    if (isAnswer(message)) return answerOf(message, raw);
    seen = { register: word(message.data, 0), words: word(message.data, 2) };
    return requestOf(message, raw);
  };

  return {
    isStart: () => true,
    examine: (window, view) => {
      const bytes = window.subarray(0, maxMessageBytes);
      // Decided on the shortest prefix that allows it, so that the result does not depend on how bytes are cut.
      const from = Math.max(view.seen, undecidedBelow(bytes));
      for (let length = view.ended ? Math.min(from, bytes.length) : from; length <= bytes.length; length++) {
        const prefix = bytes.subarray(0, length);
        const message = messageAt(prefix, view.ended && length === bytes.length);
        if (message === undefined) continue;
        if (message === null) {
          status = null;
          const reason = length >= 5 ? "bad-checksum" : "noise";
          return { kind: "reject", length: hopelessBytes(prefix), reason, whole: true };
        }
        if (message.address !== map.address) {
          const raw = window.slice(0, message.length);
          return {
            kind: "accept",
            length: message.length,
            event: { event: "reply", raw, meaning: "other-address", detail: `${message.address}` },
          };
        }
        return { kind: "accept", length: message.length, event: eventOf(message, window.slice(0, message.length)) };
      }
      return view.ended
        ? { kind: "reject", length: bytes.length, reason: "incomplete", whole: true }
        : { kind: "more" };
    },
  };
};

/** The codec of one register map. */
export const modbusWeightOf = (map: ModbusWeightMap): ModbusWeightCodec => {
  const told: { next: ModbusRead | null } = { next: null };
  return {
    id: "modbus-weight",
    displayName: { zh: "Modbus 称重变送器（RTU / TCP）", en: "Modbus weighing transmitter (RTU, TCP)" },
    deviceClass: "scale",
    maxPendingBytes: maxMessageBytes + maxDiscardBytes,
    createDecoder: () => createFrameDecoder(createGrammar(map, told), maxMessageBytes),
    asked: (read) => {
      told.next = read;
    },
  };
};

/** Modbus RTU and TCP with the map of typical transmitters. A weight becomes a reading only with the status of its round. */
export const modbusWeight: DeviceCodec = modbusWeightOf(defaultModbusWeightMap);
