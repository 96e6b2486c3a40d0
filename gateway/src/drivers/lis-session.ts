import { createLisLinkDecoder } from "@mingcheng/protocols/devices";
import type { ByteStream } from "../transports/byte-stream.ts";
import type { DriverSession, SessionContext } from "./define-driver.ts";
import { endsInTime } from "./ending.ts";
import { createLineReader } from "./line-reader.ts";
import { createLisConversation, type LisConfig } from "./lis-conversation.ts";
import { createResultMemory } from "./result-memory.ts";

/** Bytes of one frame follow each other faster than this even at 600 baud. */
const idleMs = 100;

/**
 * The receiving end of one tester over one connection after the other. Results that an earlier transfer already brought
 * (our ACK was lost with the line or with the process) are stored again, marked `resendOf`.
 */
export const createLisSession = (context: SessionContext, config: LisConfig): DriverSession => {
  const memory = createResultMemory(context);

  const run = async (stream: ByteStream, signal: AbortSignal): Promise<void> => {
    if (!(await endsInTime(memory.load(), context.clock, signal))) return;
    const decoder = createLisLinkDecoder({ sevenBit: config.sevenBit });
    const line = createLineReader(stream, context.clock, signal);
    let left = false;
    // A result that was stored after the session had to end gets no answer: the instrument sends it again, marked.
    const answer = async (bytes: Uint8Array): Promise<void> => (left ? undefined : stream.write(bytes));
    const conversation = createLisConversation(context, config, memory, answer);
    try {
      for (;;) {
        const patienceMs = conversation.receiving() ? config.receiverTimeoutMs : null;
        const heard = await line.next(decoder.pending().length > 0 ? idleMs : patienceMs);
        if (heard.kind === "aborted") return;
        conversation.giveUpIfLate();
        const events = heard.kind === "bytes" ? decoder.push(heard.bytes) : decoder.idle();
        for (const event of events) {
          if (!(await endsInTime(conversation.take(event), context.clock, signal))) return;
        }
      }
    } catch (error) {
      // The supervisor may close the port while an answer is under way: that is no fault of the line.
      if (!signal.aborted) throw error;
    } finally {
      left = true;
      line.release();
      for (const event of decoder.end()) if (event.event === "discarded") await conversation.take(event);
    }
  };

  return { run };
};
