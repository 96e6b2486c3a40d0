import { createLisLinkDecoder } from "@mingcheng/protocols";
import type { ByteStream } from "../transports/byte-stream.ts";
import type { DriverSession, SessionContext } from "./define-driver.ts";
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
    await memory.load();
    const decoder = createLisLinkDecoder({ sevenBit: config.sevenBit });
    const line = createLineReader(stream, context.clock, signal);
    const conversation = createLisConversation(context, config, memory, (bytes) => stream.write(bytes));
    try {
      for (;;) {
        const patienceMs = conversation.receiving() ? config.receiverTimeoutMs : null;
        const heard = await line.next(decoder.pending().length > 0 ? idleMs : patienceMs);
        if (heard.kind === "aborted") return;
        conversation.giveUpIfLate();
        const events = heard.kind === "bytes" ? decoder.push(heard.bytes) : decoder.idle();
        for (const event of events) await conversation.take(event);
      }
    } catch (error) {
      // The supervisor may close the port while an answer is under way: that is no fault of the line.
      if (!signal.aborted) throw error;
    } finally {
      line.release();
      for (const event of decoder.end()) if (event.event === "discarded") await conversation.take(event);
    }
  };

  return { run };
};
