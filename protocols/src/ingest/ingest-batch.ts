import { fromHex, sameBytes, toHex } from "../bytes/bytes.ts";
import { chainLink, chainStart, recordDigest } from "../chain/chain.ts";
import type { Line, LineOfGateway } from "../chain/line.ts";
import { sealVerifies } from "../chain/seal.ts";
import type { CryptoPort } from "../crypto/crypto-port.ts";
import { MingchengError } from "../errors/mingcheng-error.ts";
import { IntervalSet } from "../link/interval-set.ts";
import { type Batch, type BatchItem, parseBatch } from "../messages/batch.ts";
import type { DownlinkDraft, GatewayKey, IngestOutcome, LedgerEffect, LedgerView, StoredRun } from "./ledger-view.ts";
import { headHeard, lineOpened } from "./lineage.ts";
import { isRevokedAt } from "./revocation.ts";
import { hearLine } from "./witness.ts";

/** A batch as it came from the broker, already inflated within the limits. */
export interface BatchMessage {
  /** The gateway whose credential published it. */
  readonly gw: string;
  readonly payload: Uint8Array;
  /** SHA-256 of the payload as received (before inflating), hexadecimal: what a nack names. */
  readonly payloadHash: string;
}

/** Answer to a payload that is damaged: nothing is stored, nothing is dropped anywhere. */
export const damagedPayload = (payloadHash: string, reason: string): IngestOutcome => ({
  effects: [],
  answers: [{ v: 1, type: "nack", payload: payloadHash, reason: reason.slice(0, 256) }],
});

/** Answer when the store cannot take anything now: the gateway keeps everything and comes back after `afterMs`. */
export const busy = (payloadHash: string | null, afterMs: number, reason: string): IngestOutcome => ({
  effects: [],
  answers: [
    {
      v: 1,
      type: "retry",
      payload: payloadHash,
      afterMs: Math.min(Math.max(0, Math.round(afterMs)), 300_000),
      wantKeys: false,
      reason: reason.slice(0, 256),
    },
  ],
});

type ReceiptDraft = DownlinkDraft & { type: "receipt" };

/** A batch with its chain computed: `digests[i]` and `hashes[i]` belong to `first + i`. */
interface Chained {
  readonly line: Line;
  readonly first: number;
  readonly last: number;
  readonly prev: Uint8Array;
  readonly items: readonly BatchItem[];
  readonly digests: readonly Uint8Array[];
  readonly hashes: readonly Uint8Array[];
}

const chain = (crypto: CryptoPort, batch: Batch): Chained => {
  const { header, items } = batch;
  const prev = fromHex(header.prev) ?? new Uint8Array();
  const digests: Uint8Array[] = [];
  const hashes: Uint8Array[] = [];
  let h: Uint8Array = prev;
  for (const item of items) {
    const digest = "bytes" in item ? recordDigest(crypto.sha256, item.bytes) : item.digest;
    h = chainLink(crypto.sha256, h, digest);
    digests.push(digest);
    hashes.push(h);
  }
  const line: Line = { gw: header.gw, ...header.line };
  return { line, first: header.first, last: header.first + items.length - 1, prev, items, digests, hashes };
};

/** h(seq) for seq in [first-1, last]. */
const hashIn = (batch: Chained, seq: number): Uint8Array =>
  (seq === batch.first - 1 ? batch.prev : batch.hashes[seq - batch.first]) as Uint8Array;

/** Why a chained batch cannot be believed on its own; undefined when it can. */
const sealFault = (
  view: LedgerView,
  crypto: CryptoPort,
  key: GatewayKey,
  batch: Batch,
  chained: Chained,
): string | undefined => {
  if (chained.first === 1 && !sameBytes(chained.prev, chainStart(crypto.sha256, chained.line))) {
    return "the chain does not begin at the line's start";
  }
  if (isRevokedAt(view, chained.line.gw, key, chained.line, chained.last))
    return "the sealing key is revoked from here on";
  const h = hashIn(chained, chained.last);
  return sealVerifies(crypto, key.publicKey, chained.line, chained.last, h, batch.header.seal)
    ? undefined
    : "the seal does not verify";
};

/** Why a batch contradicts what is committed; undefined when it fits. On overlap d is compared, at edges h. */
const conflict = (view: LedgerView, batch: Chained, runs: readonly StoredRun[]): string | undefined => {
  const { gw } = batch.line;
  const { first, last } = batch;
  for (const run of runs) {
    if (run.to >= first - 1 && run.to <= last && !sameBytes(run.h, hashIn(batch, run.to))) {
      return `h(${run.to}) differs from what is stored`;
    }
    if (run.from > first - 1 && run.from - 1 <= last && !sameBytes(run.prev, hashIn(batch, run.from - 1))) {
      return `h(${run.from - 1}) differs from what is stored`;
    }
    const from = Math.max(first, run.from);
    const to = Math.min(last, run.to);
    for (let seq = from; seq <= to; seq++) {
      const stored = view.digest(gw, batch.line, seq);
      if (stored !== undefined && !sameBytes(stored, batch.digests[seq - first] as Uint8Array)) {
        return `record ${seq} differs from what is stored`;
      }
    }
    if (run.to > last && run.from <= last) {
      const stored = view.hash(gw, batch.line, last);
      if (stored !== undefined && !sameBytes(stored, hashIn(batch, last)))
        return `h(${last}) differs from what is stored`;
    }
  }
  return undefined;
};

const storeEffects = (
  view: LedgerView,
  batch: Chained,
  lane: "live" | "backlog",
  runs: readonly StoredRun[],
): LedgerEffect[] => {
  const { gw } = batch.line;
  const line: LineOfGateway = { ep: batch.line.ep, eid: batch.line.eid };
  const { first, last } = batch;
  const effects: LedgerEffect[] = [];
  const stored = new IntervalSet(runs);
  const gaps = new IntervalSet(view.gaps(gw, line));
  batch.items.forEach((item, index) => {
    const seq = first + index;
    const digest = batch.digests[index] as Uint8Array;
    const bytes = "bytes" in item ? item.bytes : null;
    const isStored = stored.has(seq);
    if (!isStored) effects.push({ type: "store", gw, line, seq, bytes, digest, lane });
    if (bytes === null) {
      if (!isStored)
        effects.push({ type: "gap-named", gw, line, from: seq, to: seq, reason: "withheld", receipt: null });
      return;
    }
    if (isStored && !gaps.has(seq)) return;
    if (isStored) effects.push({ type: "fill-bytes", gw, line, seq, bytes });
    if (gaps.has(seq)) effects.push({ type: "gap-filled", gw, line, from: seq, to: seq });
    if (seq === 1) effects.push(...lineOpened(view, gw, line, bytes));
  });
  if (stored.missing(first, last).length > 0) {
    const lowest = runs.filter((run) => run.from < first).at(0);
    const highest = runs.filter((run) => run.to > last).at(-1);
    const run: StoredRun = {
      from: lowest?.from ?? first,
      to: highest?.to ?? last,
      prev: lowest?.prev ?? batch.prev,
      h: highest?.h ?? hashIn(batch, last),
    };
    effects.push({ type: "run", gw, line, run, joined: runs.map((joined) => joined.from) });
  }
  return [...effects, ...headHeard(view, gw, line, last)];
};

/** What of a batch the ledger holds only as a digest once the batch is stored. */
const digestsIn = (view: LedgerView, batch: Chained, runs: readonly StoredRun[]): IntervalSet => {
  const stored = new IntervalSet(runs);
  const gaps = new IntervalSet(view.gaps(batch.line.gw, batch.line));
  const digests = new IntervalSet();
  batch.items.forEach((item, index) => {
    const seq = batch.first + index;
    if ("digest" in item && (!stored.has(seq) || gaps.has(seq))) digests.add(seq, seq);
  });
  return digests;
};

/**
 * Decides one batch, as the protocol's table of ingest outcomes says. Throws nothing: damage becomes a nack, an unknown
 * key a request for the key log, a bad seal or a contradiction a quarantine and a disputed receipt, all else a receipt.
 */
export const ingestBatch = (view: LedgerView, crypto: CryptoPort, message: BatchMessage): IngestOutcome => {
  let batch: Batch;
  try {
    batch = parseBatch(crypto.sha256, message.payload);
  } catch (error) {
    if (!(error instanceof MingchengError)) throw error;
    return damagedPayload(message.payloadHash, `${error.field ?? "payload"}: ${error.message}`);
  }
  const { header, items } = batch;
  const { gw } = message;
  if (header.gw !== gw) return damagedPayload(message.payloadHash, "gw: not the gateway that is connected");
  const line = header.line;
  const heard = hearLine(view, gw, header.sender, header.witness);
  const receipt = (parts: Pick<ReceiptDraft, "ranges" | "digests" | "disputed">): DownlinkDraft => {
    return { v: 1, type: "receipt", line, ...parts, gen: view.gen, witness: heard.witness };
  };
  const key = view.key(gw, header.seal.kid);
  if (key === undefined) {
    const answer: DownlinkDraft = {
      v: 1,
      type: "retry",
      payload: message.payloadHash,
      afterMs: 2_000,
      wantKeys: true,
      reason: `unknown key ${header.seal.kid}`,
    };
    return { effects: heard.effects, answers: [answer] };
  }
  const chained = chain(crypto, batch);
  const { first, last } = chained;
  const runs = view.runs(gw, line, first, last);
  const fault = sealFault(view, crypto, key, batch, chained) ?? conflict(view, chained, runs);
  if (fault !== undefined) {
    return {
      effects: [
        ...heard.effects,
        { type: "quarantine", gw, line, first, items, reason: fault },
        { type: "disputed", gw, line, from: first, to: last },
      ],
      answers: [receipt({ ranges: [], digests: [], disputed: [[first, last]] })],
    };
  }
  const digests = digestsIn(view, chained, runs);
  const ranges = digests
    .missing(first, last)
    .map(({ from, to }): [number, number, string] => [from, to, toHex(hashIn(chained, to))]);
  return {
    effects: [
      ...heard.effects,
      ...storeEffects(view, chained, header.lane, runs),
      { type: "seal", gw, line, seq: last, h: hashIn(chained, last), seal: header.seal },
    ],
    answers: [receipt({ ranges, digests: digests.intervals.map(({ from, to }) => [from, to]), disputed: [] })],
  };
};
