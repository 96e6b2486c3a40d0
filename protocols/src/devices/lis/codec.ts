import type { DiscardedEvent } from "../../framing/discarded-event.ts";
import { createFrameDecoder, type FrameDecoder, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import type { ControlEvent, DeviceCodec, DeviceDecoder, DeviceEvent, ResultEvent } from "../device-event.ts";
import { createLinkGrammar, type LinkFrame } from "./frame.ts";
import { descend, emptyContext, type ResultContext, resultEventOf } from "./result.ts";
import type { LisEncoding } from "./text-encoding.ts";
import { closeTransfer, initialTransfer, openTransfer, type TransferState, takeFrame } from "./transfer.ts";

/** Whole messages in one frame are common; nothing real comes near this. */
const maxFrameBytes = 128 * 1024;

/** What the link layer delivers to a receiver. */
export type LisLinkEvent = LinkFrame | ControlEvent | DiscardedEvent;

/** Link layer of one connection. `sevenBit` masks parity bits; text beyond ASCII is lost then. */
export const createLisLinkDecoder = (options: { readonly sevenBit?: boolean } = {}): FrameDecoder<LisLinkEvent> =>
  createFrameDecoder(createLinkGrammar(options.sevenBit === true), maxFrameBytes);

/** Follows a listened-in conversation: every undamaged frame counts as taken. */
const createListener = (sevenBit: boolean, encoding: LisEncoding): DeviceDecoder => {
  const link = createLisLinkDecoder({ sevenBit });
  let transfer: TransferState = initialTransfer;
  let context: ResultContext = emptyContext;
  /** True when something was damaged since the last good frame. */
  let holed = false;

  const readControl = (event: ControlEvent): DeviceEvent[] => {
    if (event.control === "ENQ") transfer = openTransfer(transfer);
    if (event.control === "EOT") transfer = closeTransfer(transfer);
    if (event.control === "ENQ" || event.control === "EOT") context = emptyContext;
    return [event];
  };

  const readFrame = (event: LinkFrame): DeviceEvent[] => {
    const { raw, frameNo, final, checksumOk } = event;
    if (!checksumOk) {
      holed = true;
      return [{ event: "frame", raw, frameNo, final, checksumOk, sequence: "damaged", records: [] }];
    }
    const taken = takeFrame(transfer, event, encoding);
    transfer = taken.next;
    // Whose results follow a hole nobody can say: the order may have been in it.
    if (holed && taken.sequence === "unexpected") context = { ...context, patientSeq: "", order: null };
    holed = false;
    const results: ResultEvent[] = [];
    for (const received of taken.records) {
      context = descend(context, received);
      if (received.record.type === "R") results.push(resultEventOf({ context, result: received }));
    }
    const records = taken.records.map(({ record }) => record);
    return [{ event: "frame", raw, frameNo, final, checksumOk, sequence: taken.sequence, records }, ...results];
  };

  const read = (event: LisLinkEvent): DeviceEvent[] => {
    if (event.event === "control") return readControl(event);
    if (event.event === "frame") return readFrame(event);
    holed = true;
    return [event];
  };

  return {
    push: (bytes) => link.push(bytes).flatMap(read),
    idle: () => link.idle().flatMap(read),
    end: () => link.end().flatMap(read),
    pending: () => link.pending(),
  };
};

/** LIS01-A2 link layer with LIS02-A2 records (formerly ASTM E1381 and E1394). */
export const lis: DeviceCodec = {
  id: "lis",
  displayName: { zh: "LIS01-A2/LIS02-A2 检测仪 (ASTM)", en: "LIS01-A2/LIS02-A2 tester (ASTM)" },
  deviceClass: "tester",
  maxPendingBytes: maxFrameBytes + maxDiscardBytes,
  createDecoder: ({ sevenBit = false } = {}) => createListener(sevenBit, "auto"),
};
