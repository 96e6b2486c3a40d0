import { fromHex, sealAt } from "@mingcheng/protocols";
import { ActiveSegment } from "./active-segment.ts";
import { CommitGroup } from "./commit-group.ts";
import { asDiskError } from "./disk-fault.ts";
import type { Place } from "./line-book.ts";
import { nodeFiles } from "./node-files.ts";
import { OutboxEngine } from "./outbox-engine.ts";
import type { Outbox, OutboxOptions } from "./outbox-port.ts";
import { type Recovered, recover } from "./recovery.ts";
import { minSegmentBytes } from "./segment.ts";
import { ReceiptedSince } from "./segment-freeing.ts";
import { SegmentInspector } from "./segment-inspector.ts";
import { SegmentStore } from "./segment-store.ts";
import { StateKeeper } from "./state-keeper.ts";

const defaultSegmentBytes = 8 * 1024 * 1024;
const largestSegmentBytes = 256 * 1024 * 1024;
const defaultReserveBytes = 256 * 1024;
const defaultVerifyAtOpenBytes = 32 * 1024 * 1024;
const defaultRetentionDays = 30;

/** Seals the ends of runs that have none, so that the epoch record never names what no signature covers. */
const sealRuns = async (engine: OutboxEngine, options: OutboxOptions, unsealed: readonly Place[]): Promise<void> => {
  const { signer, clock, gw } = options;
  let group = new CommitGroup({ gw, ep: 1, eid: "" });
  for (const { run } of unsealed) {
    if (!group.hasRoom(0)) {
      await engine.committer.commitSeals(group);
      group = new CommitGroup({ gw, ep: 1, eid: "" });
    }
    const line = { gw, ...run.line };
    const h = fromHex(run.h) ?? new Uint8Array(32);
    const eid = fromHex(run.line.eid) ?? new Uint8Array(16);
    group.addSeal({ ep: line.ep, eid }, run.to, h, sealAt(signer, line, run.to, h, clock.wall()));
  }
  if (group.length > 0) await engine.committer.commitSeals(group);
  for (const { run } of unsealed) run.sealed = run.to;
};

const buildEngine = (options: OutboxOptions, found: Recovered, unlock: () => Promise<void>): OutboxEngine => {
  const files = options.files ?? nodeFiles;
  const { dir, gw, log } = options;
  const { sha256 } = options.crypto;
  const { book, state, marker, nextNumber } = found.survey;
  const store = new SegmentStore(
    {
      files,
      dir,
      gw,
      segmentBytes: Math.min(
        largestSegmentBytes,
        Math.max(minSegmentBytes, options.segmentBytes ?? defaultSegmentBytes),
      ),
      reserveBytes: options.reserveBytes ?? defaultReserveBytes,
    },
    nextNumber,
  );
  if (found.spare !== undefined) store.adopt(found.spare);
  const since = new ReceiptedSince(options.retentionDays ?? defaultRetentionDays, state?.receipted ?? []);
  const newestUsed = found.segments.findLast(({ runs }) => runs.length > 0)?.number ?? 0;
  const keeper = new StateKeeper({ files, sha256, dir, gw, book, since }, state, marker, newestUsed);
  const active = new ActiveSegment({ store, book }, found.segments, found.active);
  const inspector = new SegmentInspector({ files, sha256, book, log });
  return new OutboxEngine({ options, files, book, store, active, keeper, inspector, since, unlock });
};

/**
 * Opens the outbox: reads back what is there, names what is lost, and opens a new line whose `epoch` record is durable
 * when this resolves. Damage of any kind never stops it.
 * @throws {MingchengError} OUTBOX_LOCKED, OUTBOX_FOREIGN, OUTBOX_TOO_NEW; OUTBOX_FULL, OUTBOX_READ_ONLY, OUTBOX_IO (retryable)
 *   while not even the epoch record can be written
 */
export const openOutbox = async (options: OutboxOptions): Promise<Outbox> => {
  const files = options.files ?? nodeFiles;
  const { dir, gw, crypto, log } = options;
  const verifyAtOpenBytes = options.verifyAtOpenBytes ?? defaultVerifyAtOpenBytes;
  let unlock: (() => Promise<void>) | undefined;
  let found: Recovered | undefined;
  let engine: OutboxEngine | undefined;
  try {
    await files.makeDirectory(dir);
    unlock = await files.lock(dir);
    found = await recover({ files, crypto, dir, gw, verifyBytes: verifyAtOpenBytes, log });
    engine = buildEngine(options, found, unlock);
    const { unsealed, predecessor, damaged, losses } = found.survey;
    await sealRuns(engine, options, unsealed);
    const isNewBox = options.replaces === true && predecessor === null;
    const reason = damaged ? "salvage" : isNewBox ? "replace" : "start";
    await engine.start({ predecessor, reason, losses }, found.unclosed);
    return engine;
  } catch (error) {
    await engine?.maintenance.stop();
    for (const open of [found?.active, found?.spare]) await open?.file.close().catch(() => undefined);
    await unlock?.();
    throw asDiskError(error);
  }
};
