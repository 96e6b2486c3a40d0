import { createFrameDecoder, type FrameDecoder } from "../../framing/frame-decoder.ts";
import type { ControlEvent, DeviceCodec, DeviceDecoder, DeviceEvent, DiscardedEvent } from "../device-event.ts";
import { createLinkGrammar, type LinkFrame } from "./frame.ts";
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
  let state: TransferState = initialTransfer;

  const read = (event: LisLinkEvent): DeviceEvent => {
    if (event.event === "control") {
      if (event.control === "ENQ") state = openTransfer(state);
      if (event.control === "EOT") state = closeTransfer(state);
      return event;
    }
    if (event.event === "discarded") return event;
    const { raw, frameNo, final, checksumOk } = event;
    if (!checksumOk) return { event: "frame", raw, frameNo, final, checksumOk, sequence: "damaged", records: [] };
    const taken = takeFrame(state, event, encoding);
    state = taken.next;
    const records = taken.records.map(({ record }) => record);
    return { event: "frame", raw, frameNo, final, checksumOk, sequence: taken.sequence, records };
  };

  return {
    push: (bytes) => link.push(bytes).map(read),
    idle: () => link.idle().map(read),
    end: () => link.end().map(read),
    pending: link.pending,
  };
};

/** LIS01-A2 link layer with LIS02-A2 records (formerly ASTM E1381 and E1394). */
export const lis: DeviceCodec = {
  id: "lis",
  displayName: { zh: "LIS01-A2/LIS02-A2 检测仪 (ASTM)", en: "LIS01-A2/LIS02-A2 tester (ASTM)" },
  deviceClass: "tester",
  createDecoder: ({ sevenBit = false } = {}) => createListener(sevenBit, "auto"),
};
