import { randomInt } from "node:crypto";
import type { CodedStream } from "./coded-stream.ts";
import type { TrackSink } from "./media-track.ts";
import { payloadsOf, rtpPacket } from "./rtp-packets.ts";

/** What a camera sends now. */
export interface Sending {
  readonly stream: CodedStream;
  readonly mostBytes: number;
  readonly aggregates: boolean;
}

const ticksPerSecond = 90_000;
const silence = new Uint8Array(160).fill(0xd5);

/** Sends pictures, and silence as sound, into one client's tracks. */
export class PictureSender {
  readonly #video: TrackSink;
  readonly #audio: TrackSink | undefined;
  readonly #source = randomInt(2 ** 32);
  readonly #firstTimestamp = randomInt(2 ** 32);
  #sequence = randomInt(2 ** 16);
  #soundSequence = 0;
  #sent = 0;
  /** Which picture of the loop comes next. */
  #at: number;

  constructor(video: TrackSink, audio: TrackSink | undefined, startAt: number) {
    this.#video = video;
    this.#audio = audio;
    this.#at = startAt;
  }

  /** Packets that are left out, as a network loses them. */
  lose = 0;

  /** Sends the next picture `frame` pictures after the first. Returns its number in the loop. */
  sendNext({ stream, mostBytes, aggregates }: Sending, frame: number): number {
    const number = this.#at % stream.pictures.length;
    this.#at = number + 1;
    const picture = stream.pictures[number];
    if (picture === undefined) return number;
    const timestamp = this.#firstTimestamp + Math.round((frame * ticksPerSecond) / stream.framesPerSecond);
    const payloads = payloadsOf({ codec: stream.codec, mostBytes, aggregates }, picture);
    for (const [index, payload] of payloads.entries()) {
      const marker = index === payloads.length - 1;
      const header = { payloadType: 96, marker, sequence: this.#sequence++, timestamp, source: this.#source };
      if (this.lose > 0) this.lose--;
      else this.#video.send(rtpPacket(header, payload));
    }
    this.#sendSound(frame, stream.framesPerSecond);
    if (this.#sent++ % (5 * stream.framesPerSecond) === 0) this.#video.sendControl(this.#report(timestamp));
    return number;
  }

  /** From the next picture on, the loop begins anew. */
  restart(): void {
    this.#at = 0;
  }

  #sendSound(frame: number, framesPerSecond: number): void {
    if (this.#audio === undefined) return;
    const due = Math.floor(((frame + 1) * 50) / framesPerSecond) - Math.floor((frame * 50) / framesPerSecond);
    for (let packet = 0; packet < due; packet++) {
      const sequence = this.#soundSequence++;
      const header = { payloadType: 8, marker: false, sequence, timestamp: sequence * 160, source: this.#source + 1 };
      this.#audio.send(rtpPacket(header, silence));
    }
  }

  /** A sender report (RFC 3550 §6.4.1). */
  #report(timestamp: number): Uint8Array {
    const bytes = Buffer.alloc(28);
    bytes.set([0x80, 200, 0, 6]);
    bytes.writeUInt32BE(this.#source, 4);
    bytes.writeUInt32BE(timestamp >>> 0, 16);
    return bytes;
  }

  close(): void {
    this.#video.close();
    this.#audio?.close();
  }
}
