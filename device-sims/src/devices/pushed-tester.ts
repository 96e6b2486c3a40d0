import type { SimulatedTester, TesterParts, TesterResult } from "./tester.ts";

/** What one family of testers sends for a result. */
export interface PushedModel {
  readonly protocol: string;
  encode(result: TesterResult, number: number): Uint8Array;
  /** Waits for ACK and sends again without it. */
  readonly waitsForAck: boolean;
}

/** So long an answer is waited for; what was sent unanswered has left the line by then. */
const replyMs = 2000;
const leavesMs = 300;
const [ack, nak] = [0x06, 0x15];

interface Queued {
  readonly number: number;
  readonly result: TesterResult;
}

/** A tester that sends every result by itself when somebody is connected, in order. */
export const startPushedTester = (model: PushedModel, { id, line, clock, oracle }: TesterParts): SimulatedTester => {
  const stopping = new AbortController();
  const queue: Queued[] = [];
  const said = new Set<number>();
  let count = 0;
  let wake: (() => void) | undefined;
  let hear: ((reply: "ACK" | "NAK") => void) | undefined;
  let watchers: (() => void)[] = [];

  const stir = () => {
    const waiting = wake;
    wake = undefined;
    waiting?.();
  };
  line.listen({
    bytes: (bytes) => {
      for (const byte of bytes) if (byte === ack || byte === nak) hear?.(byte === ack ? "ACK" : "NAK");
    },
    up: () => {
      oracle.write({ event: "line-up", device: id, atMs: oracle.wallMs() });
      stir();
    },
    down: () => oracle.write({ event: "line-down", device: id, atMs: oracle.wallMs() }),
  });

  const write = (event: "result-said" | "result-acknowledged", { number, result }: Queued) => {
    const { specimenId, item, assay, value, unit, completedAt } = result;
    const about = { result: number, message: number, specimenId, item, assay, value, unit, completedAt };
    oracle.write({ event, device: id, protocol: model.protocol, ...about, atMs: oracle.wallMs() });
  };

  /** The answer; `undefined` when none came in time. */
  const answered = async (): Promise<"ACK" | "NAK" | undefined> => {
    const timer = new AbortController();
    let reply: "ACK" | "NAK" | undefined;
    hear = (heard) => {
      reply = heard;
      timer.abort();
    };
    const signal = AbortSignal.any([timer.signal, stopping.signal]);
    await clock.sleep(model.waitsForAck ? replyMs : leavesMs, signal);
    hear = undefined;
    return reply;
  };

  /** True when the result is done with. */
  const send = async (queued: Queued): Promise<boolean> => {
    if (!said.has(queued.number)) write("result-said", queued);
    said.add(queued.number);
    const reply = answered();
    const taken = line.send(model.encode(queued.result, queued.number));
    const isAcknowledged = (await reply) === "ACK";
    if (isAcknowledged && model.waitsForAck) write("result-acknowledged", queued);
    return model.waitsForAck ? isAcknowledged : taken;
  };

  const run = async () => {
    while (!stopping.signal.aborted) {
      const next = queue[0];
      if (next === undefined || line.connection() === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      if (!(await send(next))) continue;
      queue.shift();
      if (queue.length === 0) for (const watcher of watchers.splice(0)) watcher();
    }
  };
  const running = run();

  return {
    id,
    address: line.address,
    report: (results) => {
      for (const result of results) queue.push({ number: ++count, result });
      stir();
    },
    drained: () => (queue.length === 0 ? Promise.resolve() : new Promise((resolve) => watchers.push(resolve))),
    queued: () => queue.length,
    stop: async () => {
      stopping.abort();
      stir();
      await running;
      for (const watcher of watchers) watcher();
      watchers = [];
      await line.close();
    },
  };
};
