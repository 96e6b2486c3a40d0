import type { DiscardedEvent } from "../../framing/discarded-event.ts";
import {
  createFrameDecoder,
  type FrameGrammar,
  type FrameVerdict,
  maxDiscardBytes,
} from "../../framing/frame-decoder.ts";
import { escapeByte, nextByte, nextEvent, shortEventOf } from "../command-1b.ts";
import type { DeviceCodec, DeviceDecoder, DeviceEvent, ResultEvent } from "../device-event.ts";
import type { ReplyEvent, RequestEvent } from "../line-event.ts";
import { mayBeRecord, recordBytes, zResultsOf } from "./frame.ts";

/** Second byte of the answer to identify, and of the answer to the first read request. */
const [model, readyByte] = [0x05, 0xc1];

interface Heard {
  readonly event: "heard";
  readonly events: readonly (ResultEvent | RequestEvent | ReplyEvent)[];
}

const heard = (...events: Heard["events"]): Heard => ({ event: "heard", events });

const commandOf = (raw: Uint8Array): RequestEvent | ReplyEvent | undefined =>
  raw[1] === readyByte ? { event: "reply", raw, meaning: "ready", detail: null } : shortEventOf(raw, [model]);

/**
 * Records have no head, so a byte that is no command begins one only where one is due: at the start, behind `1B C1` and
 * behind another record. Where that fails the place is lost until the meter is asked anew; every record is read again.
 */
const createGrammar = (): FrameGrammar<Heard> => {
  let due = true;

  const command = (window: Uint8Array): FrameVerdict<Heard> | undefined => {
    if (window[0] === nextByte && due) return { kind: "accept", length: 1, event: heard(nextEvent()) };
    if (window[0] !== escapeByte) return undefined;
    if (window.length < 2) return { kind: "more" };
    const event = commandOf(window.slice(0, 2));
    if (event === undefined) return undefined;
    if (event.event === "reply") due = event.meaning === "ready";
    return { kind: "accept", length: 2, event: heard(event) };
  };

  const examine: FrameGrammar<Heard>["examine"] = (window) => {
    const said = command(window);
    if (said !== undefined) return said;
    const record = window.slice(0, recordBytes);
    if (!due || !mayBeRecord(record)) {
      due = false;
      return { kind: "reject", length: 1, reason: "bad-field", whole: false };
    }
    if (record.length < recordBytes) return { kind: "more" };
    return { kind: "accept", length: recordBytes, event: heard(...zResultsOf(record)) };
  };

  return { isStart: (byte) => due || byte === escapeByte, examine };
};

const createDecoder = (): DeviceDecoder => {
  const frames = createFrameDecoder(createGrammar(), recordBytes);
  const read = (event: Heard | DiscardedEvent): readonly DeviceEvent[] =>
    event.event === "heard" ? event.events : [event];
  return {
    push: (bytes) => frames.push(bytes).flatMap(read),
    idle: () => frames.idle().flatMap(read),
    end: () => frames.end().flatMap(read),
    pending: () => frames.pending(),
  };
};

/** Z-24 pesticide meter: 24 channels in groups of eight, inhibition as a fraction, with the meter's verdict. */
export const z24: DeviceCodec = {
  id: "z-24",
  displayName: { zh: "天意 TTNJ-Z-24 农药残留速测仪", en: "Z-24 pesticide residue meter" },
  deviceClass: "tester",
  maxPendingBytes: recordBytes + maxDiscardBytes,
  createDecoder,
};
