import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { maxInflatedBytes, toHex } from "@mingcheng/protocols";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import type { LedgerAnswer, LedgerMessage, LedgerPort } from "../ledger/ledger-port.ts";
import { type AnswerPorts, busyAnswer } from "../ledger/ledger-writer.ts";
import type { IngestQuota } from "./ingest-quota.ts";

const inflate = promisify(gunzip);

const isGzip = (payload: Uint8Array): boolean => payload[0] === 0x1f && payload[1] === 0x8b;

const reasonOf = (error: unknown): string => {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ERR_BUFFER_TOO_LARGE") return `gzip: inflates to more than ${maxInflatedBytes} bytes`;
  return `gzip: ${error instanceof Error ? error.message : String(error)}`;
};

/**
 * The bytes in memory of their own: a message to another thread takes the whole buffer behind a view along, and the
 * network's are large.
 */
const own = (payload: Uint8Array): Uint8Array => Uint8Array.from(payload);

/** A batch's payload as the ledger wants it. Inflating is bounded and happens off this thread. */
const prepare = async (gw: string, payload: Uint8Array): Promise<LedgerMessage> => {
  const payloadHash = toHex(nodeCrypto.sha256(payload));
  if (!isGzip(payload)) return { type: "batch", gw, payload: own(payload), payloadHash };
  try {
    const inflated = await inflate(payload, { maxOutputLength: maxInflatedBytes });
    return { type: "batch", gw, payload: own(inflated), payloadHash };
  } catch (error) {
    return { type: "damaged", gw, payload: own(payload), payloadHash, reason: reasonOf(error) };
  }
};

/** What the broker hands on. */
export interface IngestFront {
  /** A batch of records. Resolves after the ledger's commit. */
  records(gw: string, payload: Uint8Array): Promise<LedgerAnswer>;
  state(gw: string, eid: string, payload: Uint8Array): Promise<LedgerAnswer>;
  gone(gw: string, payload: Uint8Array): Promise<LedgerAnswer>;
  keys(gw: string, payload: Uint8Array): Promise<LedgerAnswer>;
}

/** Options of {@link createIngestFront}. */
export interface IngestOptions {
  /** What a gateway that says how it stands is told besides, signed; undefined: nothing. */
  readonly news?: (gw: string) => Uint8Array | undefined;
  /** Bounds what a gateway can add in a day. `answering`: for what is told to one that is over it. */
  readonly quota?: { readonly book: IngestQuota; readonly answering: AnswerPorts };
}

/** A gateway over its quota asks again after so long, and every five minutes. */
const overQuotaMs = 150_000;

/** Stands between broker and ledger: inflates, hashes, hands over. */
export const createIngestFront = (ledger: LedgerPort, { news, quota }: IngestOptions = {}): IngestFront => ({
  records: async (gw, payload) => {
    if (quota?.book.allows(gw) === false) {
      const payloadHash = toHex(nodeCrypto.sha256(payload));
      return busyAnswer(quota.answering, { gw, payloadHash }, "the gateway's daily quota is used up", overQuotaMs);
    }
    const message = await prepare(gw, payload);
    const answer = await ledger.submit(message);
    // What was there already takes no room.
    if (answer.records + answer.quarantined > 0) quota?.book.add(gw, message.payload.length);
    return answer;
  },
  state: async (gw, eid, payload) => {
    const answer = await ledger.submit({ type: "state", gw, eid, payload: own(payload) });
    const told = answer.state === null ? undefined : news?.(gw);
    return told === undefined ? answer : { ...answer, downlinks: [...answer.downlinks, told] };
  },
  gone: async (gw, payload) => {
    if (quota?.book.allows(gw) === false) {
      return busyAnswer(quota.answering, { gw }, "the gateway's daily quota is used up", overQuotaMs);
    }
    const answer = await ledger.submit({ type: "gone", gw, payload: own(payload) });
    quota?.book.add(gw, payload.length);
    return answer;
  },
  keys: (gw, payload) => ledger.submit({ type: "keys", gw, payload: own(payload) }),
});
