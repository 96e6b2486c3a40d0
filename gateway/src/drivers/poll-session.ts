import type { DeviceCodec, DeviceEvent, ReadingEvent } from "@mingcheng/protocols";
import { z } from "zod";
import type { ByteStream } from "../transports/byte-stream.ts";
import type { DriverDefinition, DriverSession, SessionContext } from "./define-driver.ts";
import { endsInTime } from "./ending.ts";
import { KeyPad } from "./key-pad.ts";
import type { ScaleConfig } from "./scale-config.ts";
import { createScaleSession } from "./scale-session.ts";

/** Options of every scale that has to be asked. */
export const pollOptions = {
  pollIntervalMs: z
    .int()
    .min(50)
    .max(60_000)
    .default(100)
    .describe("每隔多少毫秒询问一次 / the scale is asked again after so many milliseconds."),
  replyTimeoutMs: z
    .int()
    .min(50)
    .max(60_000)
    .default(500)
    .describe("等待回答的毫秒数 / so long an answer is waited for, in milliseconds."),
};

/** The options above, read. */
export interface PollConfig extends ScaleConfig {
  readonly pollIntervalMs: number;
  readonly replyTimeoutMs: number;
}

/** What a scale is asked. Read requests only: nothing a plan sends may zero, tare, set or erase. */
export interface PollPlan {
  /** What begins a round; made anew for each. */
  first(): Uint8Array;
  /**
   * What is sent after an answer, `null` when the round is over. Not called for damage and echoes.
   * @throws {MingchengError} when the device demands what cannot be given
   */
  next?(answer: DeviceEvent): Uint8Array | null;
  /** What ends an answered round; nothing is expected in return. */
  readonly closing?: Uint8Array;
  /** What may be sent besides, when a command of the centre asks for it. */
  readonly keys?: DriverDefinition["keys"];
}

/** Hears the answers in a decoder's events, without changing them. */
const overheard = (codec: DeviceCodec, hear: (answer: DeviceEvent) => void): DeviceCodec => ({
  ...codec,
  createDecoder: (options) => {
    const decoder = codec.createDecoder(options);
    const tell = (events: DeviceEvent[]): DeviceEvent[] => {
      for (const event of events) if (event.event !== "discarded" && event.event !== "request") hear(event);
      return events;
    };
    return { ...decoder, push: (bytes) => tell(decoder.push(bytes)), idle: () => tell(decoder.idle()) };
  },
});

/** Waits for one answer at a time. */
const createAnswerBox = (context: SessionContext) => {
  let waiting: ((answer: DeviceEvent | undefined) => void) | undefined;
  return {
    hear: (answer: DeviceEvent): void => waiting?.(answer),
    /** The next answer; undefined when none came in time or `signal` aborted. */
    await: async (withinMs: number, signal: AbortSignal): Promise<DeviceEvent | undefined> => {
      const timer = new AbortController();
      const stop = () => timer.abort();
      signal.addEventListener("abort", stop);
      const answer = new Promise<DeviceEvent | undefined>((resolve) => {
        waiting = resolve;
      });
      void context.clock.sleep(withinMs, timer.signal).then(() => waiting?.(undefined));
      try {
        return await answer;
      } finally {
        waiting = undefined;
        timer.abort();
        signal.removeEventListener("abort", stop);
      }
    },
  };
};

/**
 * A session for a scale that speaks only when asked: a round of requests at a fixed interval, the answers go the way of
 * any scale's readings (`createScaleSession`). An answer that does not come is counted (`timeouts`) and asked for again.
 */
export const createPollSession = (
  context: SessionContext,
  codec: DeviceCodec,
  config: PollConfig,
  plan: PollPlan,
  complete?: (reading: ReadingEvent) => ReadingEvent,
): DriverSession => {
  const answers = createAnswerBox(context);
  const session = createScaleSession(
    context,
    overheard(codec, (answer) => answers.hear(answer)),
    config,
    complete,
  );

  const keyPad = new KeyPad(plan.keys ?? {});

  const pressKeys = async (stream: ByteStream, signal: AbortSignal): Promise<void> => {
    for (let press = keyPad.take(); press !== undefined && !signal.aborted; press = keyPad.take()) {
      const answering = answers.await(Math.max(config.replyTimeoutMs, keyPad.leastPatienceMs), signal);
      await stream.write(press.word.bytes);
      press.answered(await answering);
    }
  };

  const askRound = async (stream: ByteStream, signal: AbortSignal): Promise<void> => {
    let request: Uint8Array | null = plan.first();
    while (request !== null && !signal.aborted) {
      const answering = answers.await(config.replyTimeoutMs, signal);
      await stream.write(request);
      const answer = await answering;
      if (signal.aborted) return;
      if (answer === undefined) return context.count("timeouts");
      request = plan.next?.(answer) ?? null;
    }
    if (plan.closing !== undefined && !signal.aborted) await stream.write(plan.closing);
  };

  const askAgainAndAgain = async (stream: ByteStream, signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      const startedMs = context.clock.nowMs();
      await pressKeys(stream, signal);
      await askRound(stream, signal);
      const waitMs = startedMs + config.pollIntervalMs - context.clock.nowMs();
      if (waitMs > 0) await context.clock.sleep(waitMs, keyPad.wake(signal));
    }
  };

  const run = async (stream: ByteStream, signal: AbortSignal): Promise<void> => {
    const ending = new AbortController();
    const end = () => ending.abort();
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
    let fault: { readonly cause: unknown } | undefined;
    keyPad.open();
    const asking = askAgainAndAgain(stream, ending.signal).catch((cause: unknown) => {
      fault = { cause };
      end();
    });
    try {
      await session.run(stream, ending.signal);
    } finally {
      end();
      signal.removeEventListener("abort", end);
      await endsInTime(asking, context.clock, ending.signal);
      keyPad.close();
    }
    if (fault !== undefined && !signal.aborted) throw fault.cause;
  };

  return { run, press: (key) => keyPad.press(key) };
};
