import type { MessagePort } from "node:worker_threads";
import { MingchengError } from "@mingcheng/protocols/errors";
import type { EraseRecords, ErasureOrder, ErasureOutcome } from "./record-eraser.ts";

interface Request {
  readonly id: number;
  readonly order: ErasureOrder;
}

type Answer = { readonly id: number } & ({ readonly outcome: ErasureOutcome } | { readonly error: string });

/** Answers orders that come in by `port`, one after the other, on the thread of the ledger's writer. */
export const serveErasures = (port: MessagePort, erase: (order: ErasureOrder) => ErasureOutcome): void => {
  port.on("message", ({ id, order }: Request) => {
    let answer: Answer;
    try {
      answer = { id, outcome: erase(order) };
    } catch (error) {
      answer = { id, error: error instanceof Error ? error.message : String(error) };
    }
    port.postMessage(answer);
  });
  port.unref();
};

/** Sends orders by `port` to the ledger's writer. Rejects while the store does not take them. */
export const erasuresThrough = (port: MessagePort): EraseRecords => {
  const waiting = new Map<number, { resolve: (outcome: ErasureOutcome) => void; reject: (error: Error) => void }>();
  let last = 0;
  port.on("message", (answer: Answer) => {
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ("outcome" in answer) asked?.resolve(answer.outcome);
    else asked?.reject(new MingchengError("LEDGER_UNAVAILABLE", answer.error));
  });
  port.once("close", () => {
    for (const { reject } of waiting.values())
      reject(new MingchengError("LEDGER_UNAVAILABLE", "the writer's thread ended"));
    waiting.clear();
  });
  return (order) =>
    new Promise((resolve, reject) => {
      const request: Request = { id: ++last, order };
      waiting.set(request.id, { resolve, reject });
      port.postMessage(request);
    });
};
