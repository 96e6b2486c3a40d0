import { createHash } from "node:crypto";
import { join } from "node:path";
import type { CameraBody, CameraCause, CameraZone } from "@mingcheng/protocols";
import { MingchengError } from "@mingcheng/protocols";
import type { CamerasConfig, ChannelConfig } from "../../config/cameras-config.ts";
import type { RecordingConfig } from "../../config/recording-config.ts";
import { type Clip, type ClipRequest, exportClip } from "../recording/clip.ts";
import { ClipShelf } from "../recording/clip-shelf.ts";
import type { DeletedSegments } from "../recording/deleter.ts";
import type { Hold } from "../recording/holds.ts";
import { Recordings } from "../recording/recordings.ts";
import type { RecordedGap, Segment } from "../recording/segment.ts";
import type { Channels, RelayedChannel } from "../relay/channels.ts";
import type { KeepingPorts } from "./keeping-ports.ts";

/** A span to be held. */
export interface HoldAsk {
  readonly id: string;
  readonly channel: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly cause: CameraCause;
  readonly by: string;
  readonly why: string;
  readonly days: number | undefined;
}

const dayMs = 86_400_000;
const gibibyte = 1024 ** 3;
const pruneEveryMs = 60_000;
/** Shorter holes stand in the recording's own account and in every clip, and are no event of their own. */
const toldGapMs = 10_000;
/** A key frame comes within this, or the camera is away. */
const mostCutMs = 5_000;
/** Space is looked at more often: the outbox may live on the same disk. */
const lookEveryMs = 10_000;

/** How many days a channel is kept: its own, its zone's, or the usual ones. */
export const daysOf = ({ days, zone }: ChannelConfig, recording: RecordingConfig): number =>
  days ?? recording.zones[zone] ?? recording.days;

const bytesOf = (gibibytes: number | undefined): number | null =>
  gibibytes === undefined ? null : Math.floor(gibibytes * gibibyte);

/** Count, bytes and digest of segments, as records name them. */
const digestOf = (segments: readonly Segment[]): NonNullable<CameraBody["segments"]> => ({
  count: segments.length,
  bytes: segments.reduce((sum, { bytes }) => sum + bytes, 0),
  sha256: createHash("sha256")
    .update(segments.map(({ sha256 }) => `${sha256}\n`).join(""))
    .digest("hex"),
});

/** Recording of a box, wired: what cameras send is written, what limits ask for is deleted, and everything is told. */
export class RecordingDesk {
  readonly recordings: Recordings;
  readonly #ports: KeepingPorts;
  readonly #zones: ReadonlyMap<string, CameraZone>;
  readonly #clips: ClipShelf;
  readonly #ends: (() => void)[] = [];
  #cancel = (): void => undefined;
  #prunedMs = 0;

  private constructor(
    recordings: Recordings,
    ports: KeepingPorts,
    zones: ReadonlyMap<string, CameraZone>,
    clips: ClipShelf,
  ) {
    this.recordings = recordings;
    this.#ports = ports;
    this.#zones = zones;
    this.#clips = clips;
  }

  /**
   * Opens the recordings as configured and records.
   * @throws {MingchengError} RECORDING_SHARES_DISK, RECORDING_HOLDS_DAMAGED; the system's error
   */
  static async open(
    config: CamerasConfig,
    recording: RecordingConfig,
    {
      channels,
      dataDirectory,
      ...ports
    }: KeepingPorts & { readonly channels: Channels; readonly dataDirectory: string },
  ): Promise<RecordingDesk> {
    const recorded = config.channels.filter(({ record }) => record);
    const zones = new Map(recorded.map(({ id, zone }) => [id, zone]));
    const policies = new Map(recorded.map((channel) => [channel.id, daysOf(channel, recording)]));
    const told = (channel: string): Pick<CameraBody, "zone" | "state" | "previous" | "previousMs"> => ({
      ...{ zone: zones.get(channel) ?? "other", state: ports.stateOf(channel), previous: null, previousMs: null },
    });
    const span = ({ fromMs, toMs }: Pick<RecordedGap, "fromMs" | "toMs">): Pick<CameraBody, "from" | "until"> => ({
      ...{ from: ports.wallText(fromMs), until: ports.wallText(toMs) },
    });
    const onDeleted = (deleted: DeletedSegments): Promise<void> => {
      const { id, channel, cause, count, bytes, sha256 } = deleted;
      const policy = cause === "age" ? `kept for ${policies.get(channel) ?? recording.days} days` : `limit of ${cause}`;
      return ports.tell(channel, {
        ...{ event: "deleted", ...told(channel), ...span(deleted), reason: policy },
        ...{ cause: { type: cause, ref: id }, segments: { count, bytes, sha256 } },
      });
    };
    const onGap = (channel: string, gap: RecordedGap): void => {
      if (gap.toMs - gap.fromMs < toldGapMs) return;
      void ports.tell(channel, { event: "recording-gap", ...told(channel), ...span(gap), reason: gap.reason });
    };
    const clips = new ClipShelf(join(recording.folder, "clips"), recording.eventDays * dayMs);
    const recordings = await Recordings.open({
      otherBytes: () => clips.bytes,
      ...{ folder: recording.folder, dataDirectory, segmentMs: recording.segmentSeconds * 1_000 },
      channels: recorded.map((channel) => ({
        id: channel.id,
        limits: { maxAgeMs: daysOf(channel, recording) * dayMs, maxBytes: bytesOf(channel.maxGiB) },
      })),
      ...{ maxBytes: bytesOf(recording.maxGiB), minFreeBytes: Math.floor(recording.minFreeGiB * gibibyte) },
      ...{ nowMs: ports.wallMs, ageMs: ports.ageMs, onDeleted, onGap, onFault: ports.onFault },
    });
    const desk = new RecordingDesk(recordings, ports, zones, clips);
    for (const { id } of recorded) {
      const relayed = channels.get(id);
      if (relayed !== undefined) desk.#record(relayed, recording.stream);
    }
    desk.#later();
    return desk;
  }

  #record(channel: RelayedChannel, quality: "main" | "sub"): void {
    const recorder = this.recordings.recorder(channel.config.id);
    const { wallMs } = this.#ports;
    if (recorder === undefined) return;
    const { source } = channel[quality];
    const end = source.listen({
      fragment: (fragment) => recorder.take(fragment),
      lost: () => recorder.explain("camera-disconnected", wallMs()),
      refused: () => recorder.explain("camera-auth-failed", wallMs()),
    });
    this.#ends.push(end, source.hold());
  }

  /** A camera stands differently: the next gap says so. */
  stalled(channel: string): void {
    this.recordings.recorder(channel)?.explain("camera-stalled", this.#ports.wallMs());
  }

  #later(): void {
    this.#cancel = this.#ports.after(lookEveryMs, () => {
      void this.#look().then(() => this.#later());
    });
  }

  /** Deletes what is due; says when recording had to stop. Never rejects. */
  async #look(): Promise<void> {
    const { alarm, ageMs, nowMs, onFault } = this.#ports;
    const { recordings } = this;
    try {
      const isDue = nowMs() - this.#prunedMs >= pruneEveryMs;
      if (!isDue && recordings.refusal === undefined && !(await recordings.isShort())) return;
      this.#prunedMs = nowMs();
      for (const hold of recordings.holds.expired(ageMs())) await this.#released(hold, "expired", "system", "");
      await this.#clips.prune(ageMs());
      await recordings.prune();
    } catch (error) {
      onFault("", error);
    }
    alarm("RECORDING_STOPPED", recordings.refusal ?? null);
  }

  #zone(channel: string): CameraZone {
    const zone = this.#zones.get(channel);
    if (zone === undefined) throw new MingchengError("RECORDING_OFF", channel, { field: "channel" });
    return zone;
  }

  async #told(event: "held" | "released", hold: Hold, cause: CameraCause, reason: string): Promise<void> {
    const { tell, stateOf, wallText } = this.#ports;
    const { channel, fromMs, toMs } = hold;
    const zone = this.#zones.get(channel) ?? "other";
    const found = await this.recordings.store(channel)?.between(fromMs, toMs);
    await tell(channel, {
      ...{ event, zone, state: stateOf(channel), previous: null, previousMs: null, reason: reason.slice(0, 256) },
      ...{ from: wallText(fromMs), until: wallText(toMs), cause, segments: digestOf(found?.segments ?? []) },
    });
  }

  /**
   * Holds a span, durably, and tells it. The same id again changes nothing.
   * @throws {MingchengError} RECORDING_OFF, RECORDING_HOLDS_FULL; the system's error
   */
  async hold({ cause, days, ...span }: HoldAsk): Promise<Hold> {
    this.#zone(span.channel);
    const nowMs = Math.round(this.#ports.wallMs());
    const expiresMs = days === undefined ? null : nowMs + Math.round(days * dayMs);
    const hold: Hold = { ...span, cause: cause.type, ref: cause.ref, placedMs: nowMs, expiresMs };
    const known = this.recordings.holds.list().find(({ id }) => id === hold.id);
    if (known !== undefined) return known;
    await this.recordings.holds.place(hold);
    await this.#told("held", hold, cause, `hold ${hold.id} by ${hold.by}: ${hold.why}`);
    return hold;
  }

  /** Releases a hold and tells it. @throws {MingchengError} HOLD_UNKNOWN; the system's error */
  async release(id: string, by: string, why: string): Promise<Hold> {
    const hold = this.recordings.holds.list().find((one) => one.id === id);
    if (hold === undefined) throw new MingchengError("HOLD_UNKNOWN", id, { field: "id" });
    await this.#released(hold, "operator", by, why);
    return hold;
  }

  /** Told first: a hold that nobody knows was released must not be gone. */
  async #released(hold: Hold, type: "operator" | "expired", by: string, why: string): Promise<void> {
    await this.#told("released", hold, { type, ref: hold.ref }, `hold ${hold.id} released by ${by}: ${why}`);
    await this.recordings.holds.release(hold.id);
  }

  /** What is being written belongs to a clip that reaches up to now; a camera that has gone is not waited for. */
  #ended(channel: string): Promise<void> {
    const { after } = this.#ports;
    const cut = this.recordings.recorder(channel)?.cut() ?? Promise.resolve();
    return Promise.race([cut, new Promise<void>((resolve) => void after(mostCutMs, resolve))]);
  }

  /**
   * Exports a clip and tells it.
   * @throws {MingchengError} RECORDING_OFF, RECORDING_NOT_FOUND, CLIP_TOO_LONG; the system's error
   */
  async clip(request: Omit<ClipRequest, "gw" | "zone" | "at" | "sync"> & { cause: CameraCause }): Promise<Clip> {
    const { gw, clock, wallMs, wallText, sign, tell, stateOf } = this.#ports;
    const zone = this.#zone(request.channel);
    const store = this.recordings.store(request.channel);
    if (store === undefined) throw new MingchengError("RECORDING_OFF", request.channel, { field: "channel" });
    if (request.toMs > (store.lastEndMs ?? 0)) await this.#ended(request.channel);
    // What has not come yet is no gap.
    const toMs = Math.max(request.fromMs, Math.min(request.toMs, Math.round(wallMs())));
    const whole = { ...request, toMs, gw, zone, at: wallText(wallMs()), sync: clock().sync };
    const clip = await exportClip(store, this.#clips.folder, whole, sign);
    const { channel, fromMs, cause, by, id } = request;
    await tell(channel, {
      ...{ event: "clip", zone, state: stateOf(channel), previous: null, previousMs: null },
      ...{ reason: `clip ${id} for ${by}`.slice(0, 256), from: wallText(fromMs), until: wallText(toMs), cause },
      files: clip.files.slice(0, 64).map(({ name, type, bytes, sha256 }) => ({ name, type, bytes, sha256 })),
    });
    return clip;
  }

  /** Ends all files; resolves when everything is durable. */
  async close(): Promise<void> {
    this.#cancel();
    for (const end of this.#ends) end();
    await this.recordings.close();
  }
}
