import type { DiscardedEvent } from "../../framing/discarded-event.ts";
import {
  createFrameDecoder,
  type FrameGrammar,
  type FrameVerdict,
  maxDiscardBytes,
} from "../../framing/frame-decoder.ts";
import { escapeByte, nextByte, nextEvent, readByte, shortEventOf } from "../command-1b.ts";
import type { DeviceCodec, DeviceDecoder, DeviceEvent, ResultEvent } from "../device-event.ts";
import type { ReplyEvent, RequestEvent } from "../line-event.ts";
import { headBytes, mayBeRecord, recordBytes, tyResultsOf } from "./frame.ts";

/** Second bytes of the answer to identify. */
const models = [0x01, 0x02];
const maxFrameBytes = headBytes + recordBytes;

type Short = RequestEvent | ReplyEvent;
interface Heard {
  readonly event: "heard";
  readonly events: readonly (ResultEvent | Short)[];
}
type Verdict = FrameVerdict<Heard>;

const accept = (length: number, ...events: readonly (ResultEvent | Short)[]): Verdict => ({
  kind: "accept",
  length,
  event: { event: "heard", events },
});

/**
 * Records behind the first one have no head: any byte that can be seconds may begin one. So the grammar knows whether a
 * reading is under way: from a record with head to `1B FE`.
 */
const createGrammar = (): FrameGrammar<Heard> => {
  let reading = false;

  const headless = (window: Uint8Array, ended: boolean): Verdict | undefined => {
    const record = window.slice(0, recordBytes);
    if (!reading || !mayBeRecord(record)) return undefined;
    if (record.length === recordBytes) return accept(recordBytes, ...tyResultsOf(record, record));
    return ended ? undefined : { kind: "more" };
  };

  const headed = (window: Uint8Array, ended: boolean): Verdict | undefined => {
    const raw = window.slice(0, maxFrameBytes);
    const record = raw.subarray(headBytes);
    if (!mayBeRecord(record)) return undefined;
    if (raw.length < maxFrameBytes) return ended ? undefined : { kind: "more" };
    reading = true;
    return accept(maxFrameBytes, ...tyResultsOf(record, raw));
  };

  const short = (window: Uint8Array): Verdict | undefined => {
    const event = shortEventOf(window.slice(0, 2), models);
    if (event === undefined) return undefined;
    if (event.event === "reply") reading = false;
    return accept(2, event);
  };

  const nothing: Verdict = { kind: "reject", length: 1, reason: "bad-field", whole: false };
  const cut: Verdict = { kind: "more" };

  const examine: FrameGrammar<Heard>["examine"] = (window, { ended }) => {
    if (window[0] !== escapeByte) {
      const record = headless(window, ended);
      if (record !== undefined) return record;
      return window[0] === nextByte ? accept(1, nextEvent()) : nothing;
    }
    if (window.length < 2) return cut;
    // A record with head may begin with `1B` and anything that is no command.
    const isCommand = window[1] !== readByte && shortEventOf(window.slice(0, 2), models) !== undefined;
    return headless(window, ended) ?? (isCommand ? undefined : headed(window, ended)) ?? short(window) ?? nothing;
  };

  return { isStart: (byte) => byte === escapeByte || (reading && byte <= 59), examine };
};

const createDecoder = (): DeviceDecoder => {
  const frames = createFrameDecoder(createGrammar(), maxFrameBytes);
  const read = (event: Heard | DiscardedEvent): readonly DeviceEvent[] =>
    event.event === "heard" ? event.events : [event];
  return {
    push: (bytes) => frames.push(bytes).flatMap(read),
    idle: () => frames.idle().flatMap(read),
    end: () => frames.end().flatMap(read),
    pending: () => frames.pending(),
  };
};

/** TY-16 pesticide meter: eight channels, inhibition in percent, no verdict of its own. */
export const ty16: DeviceCodec = {
  id: "ty-16",
  displayName: { zh: "天意 TY-16 农药残留速测仪", en: "TY-16 pesticide residue meter" },
  deviceClass: "tester",
  maxPendingBytes: maxFrameBytes + maxDiscardBytes,
  createDecoder,
};
