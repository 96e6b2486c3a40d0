import { join } from "node:path";
import type { MingchengError } from "@mingcheng/protocols";
import type { GatewayClock } from "../clock/gateway-clock.ts";
import type { GatewayConfig } from "../config/parse-config.ts";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import type { CaptureDraft } from "../drivers/define-driver.ts";
import type { GatewayIdentity } from "../identity/identity.ts";
import { asDiskError, conditionOf } from "../outbox/disk-fault.ts";
import { type Outbox, type OutboxCondition, type OutboxLog, type OutboxOptions, openOutbox } from "../outbox/outbox.ts";
import type { Appended } from "../outbox/outbox-port.ts";
import { software } from "../software.ts";
import { Capture } from "./capture.ts";
import type { Missed } from "./missed-book.ts";
import { MissedFile } from "./missed-file.ts";
import { Quarantine } from "./quarantine.ts";
import { RecordBuilder } from "./record-builder.ts";

/** What {@link openCapture} needs. */
export interface OpenCaptureOptions {
  readonly config: GatewayConfig;
  readonly identity: GatewayIdentity;
  readonly clock: GatewayClock;
  readonly log: OutboxLog;
  /** Cryptographically random bytes. */
  readonly random: (bytes: number) => Uint8Array;
  /** Told how long each reading took to become durable. */
  readonly observe: (durableMs: number) => void;
  /** Told of every reading that is on disk. */
  readonly onCaptured: (dev: string, draft: Pick<CaptureDraft, "kind" | "body">, at: Appended) => void;
  /** The disk cannot be used yet. Told again when the reason changes. */
  onUnusable(condition: Exclude<OutboxCondition, "ok">, error: MingchengError): void;
  readonly signal: AbortSignal;
}

/** The open outbox and what captures into it. */
export interface OpenedCapture {
  readonly outbox: Outbox;
  readonly capture: Capture;
}

const retryEveryMs = 1000;
const mebibyte = 1024 * 1024;

/** Directory of the quarantine below a data directory. */
export const quarantineDirectory = (dataDirectory: string): string => join(dataDirectory, "quarantine");

const outboxOptions = (options: OpenCaptureOptions, builder: RecordBuilder): OutboxOptions => {
  const { config, identity, clock, log } = options;
  const { segmentMiB, reserveKiB, retentionDays, verifyAtOpenMiB } = config.outbox;
  return {
    dir: join(config.data, "outbox"),
    gw: identity.gw,
    crypto: nodeCrypto,
    signer: identity.signer,
    replaces: identity.replaces,
    clock,
    random: options.random,
    segmentBytes: Math.round(segmentMiB * mebibyte),
    reserveBytes: reserveKiB * 1024,
    retentionDays,
    verifyAtOpenBytes: verifyAtOpenMiB * mebibyte,
    log,
    software,
    buildEpoch: (line, body) => builder.epoch(line, body, clock.time()),
  };
};

/** What no device could be heard for while the disk was unusable at start. */
const unheard = (options: OpenCaptureOptions, since: string, condition: OutboxCondition): Missed[] => {
  const reason = condition === "full" ? "disk-full" : condition === "read-only" ? "read-only" : "disk-error";
  const until = options.clock.wall();
  return options.config.devices.map(({ id }) => ({ device: id, reason, count: null, since, until }));
};

/** Opens the outbox, however long the disk is unusable; undefined when the signal came first. */
const openWhenUsable = async (
  options: OpenCaptureOptions,
  builder: RecordBuilder,
): Promise<{ readonly outbox: Outbox; readonly missed: readonly Missed[] } | undefined> => {
  const { clock, signal } = options;
  let since: string | undefined;
  let condition: OutboxCondition = "ok";
  while (!signal.aborted) {
    try {
      const outbox = await openOutbox(outboxOptions(options, builder));
      return { outbox, missed: since === undefined ? [] : unheard(options, since, condition) };
    } catch (error) {
      const ours = asDiskError(error);
      if (!ours.retryable) throw ours;
      const found = conditionOf(ours);
      since ??= clock.wall();
      if (found !== condition) options.onUnusable(found, ours);
      condition = found;
    }
    await clock.sleep(retryEveryMs, signal);
  }
  return undefined;
};

/**
 * Opens everything that captures. While the disk is unusable it is tried again every second; undefined when the signal came
 * first.
 * @throws {MingchengError} OUTBOX_LOCKED, OUTBOX_FOREIGN, OUTBOX_TOO_NEW
 */
export const openCapture = async (options: OpenCaptureOptions): Promise<OpenedCapture | undefined> => {
  const { config, clock, log } = options;
  const builder = new RecordBuilder(options.random);
  const opened = await openWhenUsable(options, builder);
  if (opened === undefined) return undefined;
  const { outbox, missed } = opened;
  const quarantine = new Quarantine(
    quarantineDirectory(config.data),
    config.quarantine.maxMiB * mebibyte,
    options.random,
  );
  const missedFile = new MissedFile(join(config.data, "missed.slots"), nodeCrypto.sha256);
  const { observe, onCaptured } = options;
  // Gap records for what the outbox lost come right behind the epoch: nothing may be awaited in between.
  const capture = new Capture({ outbox, builder, clock, quarantine, missedFile, log, observe, onCaptured });
  const warn = (error: unknown): void => log.warn({ err: error }, "capture: the data directory cannot be used in full");
  await quarantine.open().catch(warn);
  const earlier = await missedFile.open().catch((error: unknown): readonly Missed[] => {
    warn(error);
    return [];
  });
  await capture.takeOver([...earlier, ...missed]);
  return { outbox, capture };
};
