import { createHash } from "node:crypto";
import { bodyFault, type MessageRef, MingchengError, maxRecordBytes } from "@mingcheng/protocols";
import { canonicalContent, type IntakeChannel, type MessageNote } from "@mingcheng/protocols/intake";
import type { CaptureDraft } from "../drivers/define-driver.ts";
import { type DeskAnswer, refusal } from "./answer.ts";
import type { DeviceWatch } from "./device-watch.ts";
import { channelsOf, recordOfMessage } from "./message-record.ts";
import { type ReadMessage, readMessage } from "./read-message.ts";
import type { SeenMessages } from "./seen-messages.ts";

/** Largest message that is read at all. */
export const maxMessageBytes = 64 * 1024;
/** Everything in a record beside body and raw bytes. */
const envelopeBytes = 1024;
/** Refused messages remembered per device, so that one sent again and again is kept once. */
const maxRefusedRemembered = 64;
const retryAfterMs = 5_000;

/** What {@link MessageDesk} works with. */
export interface DeskOptions {
  readonly seen: SeenMessages;
  readonly wall: () => string;
  readonly capture: (device: string, draft: CaptureDraft) => Promise<void>;
  /** Keeps what became no record. */
  readonly refuse: (device: string, kind: string, detail: string, raw: Uint8Array) => Promise<void>;
  readonly log: { error(detail: object, message: string): void; warn(detail: object, message: string): void };
}

/** What came in since the start. */
export interface DeskCounts {
  captured: number;
  repeated: number;
  heartbeats: number;
  refused: number;
  reused: number;
  flagged: number;
  failed: number;
}

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

const fits = ({ body, raw }: CaptureDraft): boolean =>
  Buffer.byteLength(JSON.stringify(body)) + Math.ceil(raw.length / 3) * 4 + envelopeBytes <= maxRecordBytes;

/**
 * Takes messages of devices that have signed in. Answers only after the record is on disk; the same message again gets the
 * same answer and is no second record; the same id with another content is refused and kept. Nothing is dropped silently.
 */
export class MessageDesk {
  readonly counts: DeskCounts = {
    captured: 0,
    repeated: 0,
    heartbeats: 0,
    refused: 0,
    reused: 0,
    flagged: 0,
    failed: 0,
  };
  private readonly options: DeskOptions;
  /** Messages whose records are on the way to disk, by device and id. */
  private readonly underWay = new Map<string, { readonly sha256: string; readonly done: Promise<DeskAnswer> }>();
  private readonly refusedBefore = new Map<string, string[]>();

  constructor(options: DeskOptions) {
    this.options = options;
  }

  /** Takes one message. Never throws: what goes wrong is an answer. `from`: where it came from, for the status. */
  async take(watch: DeviceWatch, channel: IntakeChannel, raw: Uint8Array, from: string): Promise<DeskAnswer> {
    const { device, meter } = watch;
    try {
      const answer = await this.answerTo(watch, channel, raw, from);
      if (answer.status >= 500) meter.add("capture_failures", channel);
      return answer;
    } catch (error) {
      this.counts.failed += 1;
      meter.add("capture_failures", channel);
      const code = error instanceof MingchengError ? error.code : "OUTBOX_IO";
      this.options.log.error({ device: device.id, channel, err: error }, "intake: a message could not be stored");
      return refusal(code, { retryAfterMs });
    }
  }

  /** Keeps what was refused before it was read. @throws {MingchengError} when it cannot be kept */
  private async keepTooLarge(watch: DeviceWatch, channel: IntakeChannel, raw: Uint8Array): Promise<DeskAnswer> {
    const field = { field: "", zh: `${raw.length} 字节`, en: `${raw.length} bytes` };
    return this.refused(watch, channel, raw, refusal("INTAKE_TOO_LARGE", { fields: [field], settled: true }));
  }

  /** The answer to a message that is too large to be read at all: of what nobody has, nothing can be kept. */
  unread({ device, meter }: DeviceWatch): DeskAnswer {
    this.counts.refused += 1;
    meter.add("refused", "INTAKE_TOO_LARGE");
    this.options.log.warn({ device: device.id }, "intake: a message is too large and was not read");
    return refusal("INTAKE_TOO_LARGE");
  }

  private async answerTo(
    watch: DeviceWatch,
    channel: IntakeChannel,
    raw: Uint8Array,
    from: string,
  ): Promise<DeskAnswer> {
    const { device, meter } = watch;
    if (!channelsOf[device.kind].includes(channel)) {
      const field = {
        field: "",
        zh: `${device.kind} 不发送 ${channel}`,
        en: `a ${device.kind} does not send ${channel}`,
      };
      return this.refused(watch, channel, raw, refusal("ACCESS_DENIED", { fields: [field], settled: true }));
    }
    if (raw.length > maxMessageBytes) return this.keepTooLarge(watch, channel, raw);
    const outcome = readMessage(channel, raw);
    if ("faults" in outcome) {
      const { id, faults: fields } = outcome;
      return this.refused(watch, channel, raw, refusal("INTAKE_INVALID", { id, fields, settled: true }));
    }
    const { read } = outcome;
    watch.heard(from);
    if (read.unknown.length > 0) meter.add("unknown_members", channel, read.unknown.length);
    if (read.channel === "heartbeats") return this.heartbeat(read);
    const ref = { id: read.message.id, sha256: sha256(canonicalContent(channel, read.said)) };
    return this.once(watch, read, ref, raw);
  }

  private heartbeat(read: ReadMessage & { readonly channel: "heartbeats" }): DeskAnswer {
    this.counts.heartbeats += 1;
    const { id = null } = read.message;
    const warnings = [...read.unknown];
    return { status: 200, body: { id, result: "heard", warnings, time: this.options.wall() }, settled: true };
  }

  /** One record for one message, however often and over however many connections it comes. */
  private async once(
    watch: DeviceWatch,
    read: Exclude<ReadMessage, { readonly channel: "heartbeats" }>,
    ref: MessageRef,
    raw: Uint8Array,
  ): Promise<DeskAnswer> {
    const { device } = watch;
    const outcome = recordOfMessage(device, read, ref);
    if ("fault" in outcome) {
      const refused = refusal("INTAKE_INVALID", { id: ref.id, fields: [outcome.fault], settled: true });
      return this.refused(watch, read.channel, raw, refused);
    }
    const warnings = [...outcome.notes, ...read.unknown];
    const draft: CaptureDraft = { kind: outcome.kind, body: outcome.body, raw };
    const key = `${device.id} ${ref.id}`;
    const other = this.underWay.get(key);
    if (other !== undefined) {
      if (other.sha256 !== ref.sha256) return this.reused(watch, read.channel, ref, raw);
      const answer = await other.done;
      return answer.status === 201 ? this.again(watch, ref, warnings) : answer;
    }
    const done = this.store(watch, read.channel, draft, ref, warnings);
    this.underWay.set(key, { sha256: ref.sha256, done });
    try {
      return await done;
    } finally {
      this.underWay.delete(key);
    }
  }

  private async store(
    watch: DeviceWatch,
    channel: IntakeChannel,
    draft: CaptureDraft,
    ref: MessageRef,
    warnings: readonly MessageNote[],
  ): Promise<DeskAnswer> {
    const { seen, capture } = this.options;
    const { device, meter } = watch;
    const before = await seen.find(device.id, ref);
    if (before === "same") return this.again(watch, ref, warnings);
    if (before === "other") return this.reused(watch, channel, ref, draft.raw);
    const fault = bodyFault(draft.kind, draft.body);
    if (fault !== undefined || !fits(draft)) {
      const field = fault ?? "record";
      const fields = [{ field, zh: "记录会超过 64 KiB", en: "the record would be larger than 64 KiB" }];
      const refused = refusal("INTAKE_TOO_LARGE", { id: ref.id, fields, settled: true });
      return this.refused(watch, channel, draft.raw, refused);
    }
    await capture(device.id, draft);
    await seen.add(device.id, ref);
    this.counts.captured += 1;
    meter.add("readings", channel);
    const isFlagged = draft.kind === "sale" && warnings.some(({ field }) => field.endsWith("amountFen"));
    if (isFlagged) {
      this.counts.flagged += 1;
      meter.add("mismatches");
    }
    return this.taken(ref, warnings);
  }

  private taken(ref: MessageRef, warnings: readonly MessageNote[]): DeskAnswer {
    return { status: 201, body: { ...ref, result: "captured", warnings: [...warnings] }, settled: true };
  }

  private again({ meter }: DeviceWatch, ref: MessageRef, warnings: readonly MessageNote[]): DeskAnswer {
    this.counts.repeated += 1;
    meter.add("resends");
    return this.taken(ref, warnings);
  }

  private reused(watch: DeviceWatch, channel: IntakeChannel, { id }: MessageRef, raw: Uint8Array): Promise<DeskAnswer> {
    this.counts.reused += 1;
    const fields = [{ field: "id", zh: "编号已用于内容不同的消息", en: "was used for another content before" }];
    return this.refused(watch, channel, raw, refusal("INTAKE_ID_REUSED", { id, fields, settled: true }));
  }

  /** Keeps a refused message in quarantine, the same bytes once. @throws {MingchengError} when it cannot be kept */
  private async refused(
    watch: DeviceWatch,
    channel: IntakeChannel,
    raw: Uint8Array,
    answer: DeskAnswer,
  ): Promise<DeskAnswer> {
    const { device, meter } = watch;
    if (answer.body.result !== "refused") return answer;
    const { code, fields } = answer.body.error;
    this.counts.refused += 1;
    meter.add("refused", code);
    const digest = sha256(raw);
    const known = this.refusedBefore.get(device.id) ?? [];
    if (known.includes(digest)) return answer;
    const detail = [code, ...fields.map(({ field, en }) => `${field} ${en}`.trim())].join(": ").slice(0, 512);
    await this.options.refuse(device.id, channel, detail, raw);
    this.options.log.warn({ device: device.id, channel, detail }, "intake: a message is no record and is kept");
    this.refusedBefore.set(device.id, [...known, digest].slice(-maxRefusedRemembered));
    return answer;
  }
}
