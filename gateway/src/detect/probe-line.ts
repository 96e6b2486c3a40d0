import { concat, type DeviceCodec } from "@mingcheng/protocols";
import type { SessionClock } from "../drivers/define-driver.ts";
import { createLineReader } from "../drivers/line-reader.ts";
import type { ByteStream } from "../transports/byte-stream.ts";
import type { Heard } from "./listen.ts";
import type { Probe } from "./probes.ts";
import { rank } from "./rank.ts";

const rounds = 4;
const answerWithinMs = 300;
/** Bytes of one answer follow each other faster than this. */
const pauseMs = 60;
const maxAnswerBytes = 1024;

/**
 * Asks the device what one driver would ask, a few times, and ranks what it answers. The requests of `probe` are the only
 * bytes ever written. Rejects when the line breaks.
 */
export const probeLine = async (
  stream: ByteStream,
  probe: Probe,
  codecs: readonly DeviceCodec[],
  clock: SessionClock,
  signal: AbortSignal,
): Promise<Heard> => {
  const line = createLineReader(stream, clock, signal);
  let bytes: Uint8Array = new Uint8Array();

  const hearAnswer = async (): Promise<number> => {
    let length = 0;
    while (length < maxAnswerBytes) {
      const heard = await line.next(length === 0 ? answerWithinMs : pauseMs);
      if (heard.kind !== "bytes") break;
      length += heard.bytes.length;
      bytes = concat(bytes, heard.bytes);
    }
    return length;
  };

  try {
    for (let round = 1; round <= rounds && !signal.aborted; round++) {
      let answered = 0;
      for (const request of probe.requests) {
        await stream.write(request);
        answered += await hearAnswer();
      }
      if (answered === 0) break;
    }
  } finally {
    line.release();
  }
  return { bytes, total: bytes.length, ranking: rank(codecs, bytes) };
};
