import { z } from "zod";
import type { SimClock } from "../clock.ts";
import type { MessageEntry } from "../oracle.ts";
import type { SimLine } from "../transports/sim-line.ts";
import { defineTester } from "./define-simulator.ts";
import { framesOfMessage, type MessageFrame } from "./lis-message.ts";
import type { SimulatedTester, TesterParts, TesterResult } from "./tester.ts";

const delimiter = z.string().length(1);

/** Settings of a simulated LIS02-A2 tester. Times in milliseconds; the defaults are those of LIS01-A2. */
const lisTesterSettingsSchema = z.strictObject({
  instrument: z
    .strictObject({
      name: z.string().default("NC-800"),
      version: z.string().default("FW1"),
      serial: z.string().default("SN0001"),
    })
    .prefault({}),
  delimiters: z
    .strictObject({
      field: delimiter.default("|"),
      repeat: delimiter.default("\\"),
      component: delimiter.default("^"),
      escape: delimiter.default("&"),
    })
    .prefault({}),
  framing: z.enum(["record", "etb", "message"]).default("record"),
  maxTextChars: z.int().min(8).max(60_000).default(240),
  lineEnd: z.enum(["crlf", "cr", "lf"]).default("crlf"),
  lowerCaseChecksum: z.boolean().default(false),
  operatorName: z.string().default(""),
  replyTimeoutMs: z.int().min(10).default(15_000),
  /** Wait after a refused ENQ. */
  busyDelayMs: z.int().min(0).default(10_000),
  /** Wait before a refused frame is sent again. */
  frameRetryDelayMs: z.int().min(0).default(100),
  /** Wait before a message that was given up is sent again, whole. */
  messageRetryDelayMs: z.int().min(0).default(10_000),
});

type LisTesterSettings = z.output<typeof lisTesterSettingsSchema>;

interface QueuedResult {
  readonly number: number;
  readonly result: TesterResult;
  said: boolean;
}

interface Message {
  readonly number: number;
  readonly results: readonly QueuedResult[];
  readonly frames: readonly MessageFrame[];
  attempt: number;
}

type Reply = "ACK" | "NAK" | "ENQ" | "EOT" | "timeout" | "line-down";

const replyOf: Readonly<Record<number, Reply>> = { 6: "ACK", 21: "NAK", 5: "ENQ", 4: "EOT" };
const enq = Uint8Array.of(0x05);
const eot = Uint8Array.of(0x04);
/** LIS01-A2 section 6.5.1.2: after so many refusals of one frame the sender gives up. */
const maxRefusals = 6;

/** Waits for the receiver's answers, one at a time; what comes unasked is dropped. */
const createReplies = (line: SimLine, clock: SimClock, stopping: AbortSignal) => {
  let hear: ((reply: Reply) => void) | undefined;
  const settle = (reply: Reply) => {
    const waiting = hear;
    hear = undefined;
    waiting?.(reply);
  };
  const next = async (timeoutMs: number): Promise<Reply> => {
    if (line.connection() === 0) return "line-down";
    const timer = new AbortController();
    const answered = new Promise<Reply>((resolve) => {
      hear = resolve;
    });
    const late = clock.sleep(timeoutMs, AbortSignal.any([timer.signal, stopping])).then(() => settle("timeout"));
    const reply = await answered;
    timer.abort();
    await late;
    return reply;
  };
  const bytes = (heard: Uint8Array) => {
    for (const byte of heard) {
      const reply = replyOf[byte & 0x7f];
      if (reply !== undefined) settle(reply);
    }
  };
  return { next, bytes, down: () => settle("line-down") };
};

/**
 * The sending end of LIS01-A2: ENQ, frames each acknowledged, EOT. A refused frame is sent again up to six times; a
 * message that is given up for any reason is sent again whole, because the receiver may have lost its beginning.
 */
const startLisTester = (settings: LisTesterSettings, parts: TesterParts): SimulatedTester => {
  const { id, line, clock, oracle } = parts;
  const stopping = new AbortController();
  const replies = createReplies(line, clock, stopping.signal);
  const queue: Message[] = [];
  let messages = 0;
  let results = 0;
  let wake: (() => void) | undefined;
  let watchers: (() => void)[] = [];

  const stir = () => {
    const waiting = wake;
    wake = undefined;
    waiting?.();
  };
  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });

  line.listen({
    bytes: replies.bytes,
    up: () => {
      oracle.write({ event: "line-up", device: id, atMs: oracle.wallMs() });
      stir();
    },
    down: () => {
      oracle.write({ event: "line-down", device: id, atMs: oracle.wallMs() });
      replies.down();
    },
  });

  const write = (event: "result-said" | "result-acknowledged", message: Message, index: number) => {
    const queued = message.results[index];
    if (queued === undefined || (event === "result-said" && queued.said)) return;
    queued.said = true;
    const { specimenId, item, assay, value, unit, completedAt } = queued.result;
    const about = { result: queued.number, message: message.number, specimenId, item, assay, value, unit, completedAt };
    oracle.write({ event, device: id, protocol: "lis", ...about, atMs: oracle.wallMs() });
  };

  const offer = async (): Promise<MessageEntry["reason"]> => {
    for (;;) {
      line.send(enq);
      const reply = await replies.next(settings.replyTimeoutMs);
      if (reply === "ACK") return "done";
      if (reply === "line-down") return "line-down";
      if (reply === "timeout" || stopping.signal.aborted) return "no-reply";
      // NAK: the receiver is busy. ENQ: both offered; the instrument has priority and waits 1 s (section 6.2.7.1).
      await clock.sleep(reply === "ENQ" ? 1000 : settings.busyDelayMs, stopping.signal);
      if (line.connection() === 0) return "line-down";
    }
  };

  const sendFrame = async (message: Message, frame: MessageFrame): Promise<MessageEntry["reason"]> => {
    for (let refusals = 0; refusals < maxRefusals; ) {
      for (const index of frame.completes) write("result-said", message, index);
      line.send(frame.bytes);
      const reply = await replies.next(settings.replyTimeoutMs);
      if (reply === "ACK" || reply === "EOT") {
        // EOT instead of ACK also acknowledges and asks the sender to stop (section 6.5.3).
        for (const index of frame.completes) write("result-acknowledged", message, index);
        return reply === "ACK" ? "done" : "receiver-interrupt";
      }
      if (reply === "line-down") return "line-down";
      if (reply === "timeout") return "no-reply";
      refusals++;
      await clock.sleep(settings.frameRetryDelayMs, stopping.signal);
    }
    return "refused";
  };

  const sendMessage = async (message: Message): Promise<MessageEntry["reason"]> => {
    message.attempt++;
    let outcome = await offer();
    if (outcome === "line-down") return outcome;
    for (const frame of outcome === "done" ? message.frames : []) {
      outcome = await sendFrame(message, frame);
      if (outcome === "line-down") return outcome;
      if (outcome !== "done") break;
    }
    line.send(eot);
    return outcome;
  };

  const run = async () => {
    while (!stopping.signal.aborted) {
      const message = queue[0];
      if (message === undefined || line.connection() === 0) {
        await pause();
        continue;
      }
      const reason = await sendMessage(message);
      if (stopping.signal.aborted) return;
      const event = reason === "done" ? "message-complete" : "message-aborted";
      const { number, attempt } = message;
      oracle.write({ event, device: id, message: number, attempt, reason, atMs: oracle.wallMs() });
      if (reason === "done") {
        queue.shift();
        if (queue.length === 0) for (const watcher of watchers.splice(0)) watcher();
      } else if (reason !== "line-down") {
        await clock.sleep(settings.messageRetryDelayMs, stopping.signal);
      }
    }
  };
  const running = run();

  return {
    id,
    address: line.address,
    report: (reported) => {
      messages++;
      const queued = reported.map((result) => ({ number: ++results, result, said: false }));
      queue.push({ number: messages, results: queued, frames: framesOfMessage(reported, settings), attempt: 0 });
      stir();
    },
    drained: () => (queue.length === 0 ? Promise.resolve() : new Promise((resolve) => watchers.push(resolve))),
    queued: () => queue.length,
    stop: async () => {
      stopping.abort();
      replies.down();
      stir();
      await running;
      for (const watcher of watchers) watcher();
      watchers = [];
      await line.close();
    },
  };
};

/** A tester with the LIS01-A2 link and LIS02-A2 records. */
export const lisTester = defineTester({
  protocol: "lis",
  settingsSchema: lisTesterSettingsSchema,
  start: startLisTester,
});
