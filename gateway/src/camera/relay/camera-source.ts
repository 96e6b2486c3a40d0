import { isCode } from "@mingcheng/protocols";
import type { CameraSubnets } from "../discovery/camera-subnets.ts";
import type { VideoCodec } from "../media/access-unit.ts";
import type { CameraStream, StreamListener } from "../media/camera-stream.ts";
import { Depacketiser, type PacketCounts } from "../media/depacketiser.ts";
import type { Fragment } from "../media/fragment.ts";
import { Fragmenter, type StreamClock } from "../media/fragmenter.ts";
import { readRtp } from "../media/rtp.ts";
import type { RtspLogin } from "../rtsp/authorization.ts";
import { openRtspSession, type RtspSession } from "../rtsp/rtsp-session.ts";
import { type SourceLimits, usualLimits } from "./source-limits.ts";

/** A stream as configured. */
export interface SourceOptions {
  readonly id: string;
  readonly address: string;
  readonly transport: "tcp" | "udp";
  readonly sound: boolean;
  /** Asked anew for every session: a password that was changed works at the next try. Undefined: none is needed. */
  readonly login: () => Promise<RtspLogin | undefined>;
  readonly subnets: Pick<CameraSubnets, "includes">;
  readonly clock: StreamClock & {
    /** Runs `task` once; the returned function cancels it. */
    after(delayMs: number, task: () => void): () => void;
  };
  readonly random: () => number;
  readonly limits?: Partial<SourceLimits>;
}

/** Fragments since the last key frame are kept up to so many bytes; a camera with a longer interval is joined later. */
const mostKeptBytes = 12 * 1024 * 1024;
/** Silence is looked for so many times before it is believed. */
const looksAtSilence = 3;
const soundRestMs = 60;
const earlierMs = 4;
const tooEarlyMs = 12;

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 200);

/**
 * The one session of a stream: made when the first one holds it, ended some time after the last one has let go, made again by
 * itself when it fails, with longer and longer waits. Never throws after it was made.
 */
export class CameraSource implements CameraStream {
  readonly id: string;
  readonly #options: SourceOptions;
  readonly #limits: SourceLimits;
  readonly #listeners = new Set<StreamListener>();
  #holders = 0;
  #isWanted = false;
  #closed = false;
  #session: RtspSession | undefined;
  #trying: AbortController | undefined;
  #tries = 0;
  #cancelWait = (): void => undefined;
  #cancelLinger = (): void => undefined;
  #cancelSilence = (): void => undefined;
  #hearsPackets = false;
  /** True once a fragment was made since the last gulp of the connection. */
  #isCut = false;
  #packets: PacketCounts = { packets: 0, lost: 0, incomplete: 0 };
  #depacketiser: Depacketiser | undefined;
  #kept: Fragment[] = [];
  #keptBytes = 0;
  #lastPictureMs: number | null = null;
  #fragmenter: Fragmenter;

  constructor(options: SourceOptions) {
    this.id = options.id;
    this.#options = options;
    this.#limits = { ...usualLimits, ...options.limits };
    this.#fragmenter = this.#newFragmenter();
  }

  get sinceKey(): readonly Fragment[] {
    return this.#kept;
  }

  get lastPictureMs(): number | null {
    return this.#lastPictureMs;
  }

  /** Packets of this and all sessions before. */
  get packets(): PacketCounts {
    const now = this.#depacketiser?.counts ?? { packets: 0, lost: 0, incomplete: 0 };
    const { packets, lost, incomplete } = this.#packets;
    return { packets: packets + now.packets, lost: lost + now.lost, incomplete: incomplete + now.incomplete };
  }

  listen(listener: StreamListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  hold(): () => void {
    this.#holders++;
    this.#cancelLinger();
    if (!this.#isWanted && !this.#closed) {
      this.#isWanted = true;
      this.#tell((listener) => listener.asked?.(this.#now()));
      this.#try();
    }
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      if (--this.#holders === 0) this.#linger();
    };
  }

  /** A password was changed, or a cable put back: try now instead of waiting. */
  retryNow(): void {
    if (!this.#isWanted || this.#session !== undefined || this.#trying !== undefined) return;
    this.#cancelWait();
    this.#tries = 0;
    this.#try();
  }

  /** Ends the session; nothing is made any more. */
  close(): void {
    this.#closed = true;
    this.#release();
  }

  #now(): number {
    return this.#options.clock.nowMs();
  }

  #tell(tell: (listener: StreamListener) => void): void {
    for (const listener of this.#listeners) tell(listener);
  }

  #linger(): void {
    this.#cancelLinger();
    this.#cancelLinger = this.#options.clock.after(this.#limits.lingerMs, () => {
      if (this.#holders === 0) this.#release();
    });
  }

  #release(): void {
    this.#cancelLinger();
    this.#cancelWait();
    this.#trying?.abort();
    this.#trying = undefined;
    this.#endSession();
    if (!this.#isWanted) return;
    this.#isWanted = false;
    this.#tries = 0;
    this.#tell((listener) => listener.released?.(this.#now()));
  }

  #endSession(): void {
    this.#cancelSilence();
    this.#session?.close();
    this.#session = undefined;
    this.#fragmenter.end();
    this.#fragmenter = this.#newFragmenter();
    this.#packets = this.packets;
    this.#depacketiser = undefined;
    this.#kept = [];
    this.#keptBytes = 0;
    this.#lastPictureMs = null;
  }

  #try(): void {
    const { address, transport, sound, subnets, login } = this.#options;
    const trying = new AbortController();
    this.#trying = trying;
    const open = async (): Promise<void> => {
      const { signal } = trying;
      const asked = {
        address,
        transport,
        sound,
        subnets,
        login: await login(),
        timeoutMs: this.#limits.answerMs,
        signal,
      };
      const session = await openRtspSession(asked, {
        described: (video) => {
          if (!signal.aborted) this.#depacketiser = this.#newDepacketiser(video.codec, video.parameterSets);
        },
        video: (bytes, start, end) => this.#packet(bytes, start, end),
        sound: (bytes, start, end) => this.#soundPacket(bytes, start, end),
        restMs: () => this.#restMs(),
        ended: (reason) => {
          if (this.#session === session) this.#lost(reason);
        },
      });
      if (signal.aborted) {
        session.close();
        return;
      }
      this.#trying = undefined;
      this.#session = session;
      this.#tell((listener) => listener.connected?.(this.#now()));
      this.#watchSilence(0);
    };
    open().catch((error: unknown) => {
      if (trying.signal.aborted) return;
      this.#trying = undefined;
      this.#failed(error);
    });
  }

  #failed(error: unknown): void {
    const isRefused = isCode(error, "CAMERA_PASSWORD_REFUSED");
    if (!isRefused) {
      this.#lost(reasonOf(error));
      return;
    }
    this.#endSession();
    this.#tell((listener) => listener.refused?.(this.#now(), reasonOf(error)));
    this.#wait(this.#limits.refusedRetryMs);
  }

  #lost(reason: string): void {
    this.#endSession();
    if (!this.#isWanted) return;
    this.#tell((listener) => listener.lost?.(this.#now(), reason));
    const { retriesMs } = this.#limits;
    this.#wait(retriesMs[Math.min(this.#tries, retriesMs.length - 1)] ?? 0);
    this.#tries++;
  }

  #wait(mostMs: number): void {
    const { clock, random } = this.#options;
    this.#cancelWait = clock.after(mostMs * (0.5 + random() / 2), () => this.#try());
  }

  /** A session whose camera has gone without a word is made anew: a cable that was pulled closes nothing. */
  #watchSilence(silentLooks: number): void {
    const { silentMs } = this.#limits;
    if (silentLooks >= looksAtSilence) {
      this.#lost(`no packet for ${Math.round(silentMs / 1_000)} s`);
      return;
    }
    this.#hearsPackets = false;
    this.#cancelSilence = this.#options.clock.after(silentMs / looksAtSilence, () =>
      this.#watchSilence(this.#hearsPackets ? 0 : silentLooks + 1),
    );
  }

  /**
   * How long the connection may rest: until the next fragment is due. Read a little earlier each time, and again soon after
   * where that was too early: so it is read once for each fragment, right when the picture has come that completes it.
   */
  #restMs(): number {
    const dueMs = this.#fragmenter.dueInMs(this.#now());
    const wasCut = this.#isCut;
    this.#isCut = false;
    // Sound is played as it comes, and cannot wait so long.
    if (this.#options.sound) return Math.min(dueMs, soundRestMs);
    return wasCut ? dueMs - earlierMs : Math.max(dueMs, tooEarlyMs);
  }

  #newDepacketiser(codec: VideoCodec, parameterSets: readonly Uint8Array[]): Depacketiser {
    const depacketiser = new Depacketiser(codec, {
      parameters: (sets) => this.#fragmenter.parameters(sets),
      unit: (unit) => {
        const atMs = this.#now();
        this.#lastPictureMs = atMs;
        this.#tries = 0;
        const picture = { atMs, key: unit.key, bytes: unit.bytes.length };
        this.#tell((listener) => listener.picture?.(picture));
        this.#fragmenter.unit(unit);
      },
    });
    depacketiser.describe(parameterSets);
    return depacketiser;
  }

  #newFragmenter(): Fragmenter {
    const { clock } = this.#options;
    const { fragmentMs } = this.#limits;
    return new Fragmenter({ clock, fragmentMs, onFragment: (fragment) => this.#fragment(fragment) });
  }

  #packet(bytes: Buffer, start: number, end: number): void {
    this.#hearsPackets = true;
    const packet = readRtp(bytes, start, end);
    if (packet !== undefined) this.#depacketiser?.push(packet);
  }

  #soundPacket(bytes: Buffer, start: number, end: number): void {
    const packet = readRtp(bytes, start, end);
    if (packet === undefined) return;
    const codec = packet.payloadType === 0 ? "pcmu" : "pcma";
    const sound = { codec, bytes: Uint8Array.from(bytes.subarray(packet.start, packet.end)) } as const;
    this.#tell((listener) => listener.sound?.(sound));
  }

  #fragment(fragment: Fragment): void {
    this.#isCut = true;
    if (fragment.key) {
      this.#kept = [];
      this.#keptBytes = 0;
    }
    if (fragment.key || this.#kept.length > 0) {
      this.#kept.push(fragment);
      this.#keptBytes += fragment.bytes.length;
    }
    if (this.#keptBytes > mostKeptBytes) this.#kept = [];
    this.#tell((listener) => listener.fragment?.(fragment));
  }
}
