import type { AccessUnit, ParameterSets, VideoCodec } from "./access-unit.ts";
import { GatheredBytes } from "./gathered-bytes.ts";
import { lengthBytes, NalAssembler } from "./nal-assembler.ts";
import { nalRole } from "./nal-units.ts";
import { type RtpPacket, sequenceDistance } from "./rtp.ts";

/** What comes out of packets. */
export interface DepacketiserSink {
  unit(unit: AccessUnit): void;
  /** Before the first unit, and before the unit from which on others hold. */
  parameters(sets: ParameterSets): void;
}

/** What was counted since the start. */
export interface PacketCounts {
  readonly packets: number;
  /** Packets that never came. */
  readonly lost: number;
  /** Pictures that were left out because a packet of them, or of one they depend on, is missing. */
  readonly incomplete: number;
}

const mostUnitBytes = 16 * 1024 * 1024;
const mostNals = 1_024;

const same = (a: Uint8Array | null | undefined, b: Uint8Array): boolean =>
  a !== null && a !== undefined && Buffer.compare(a, b) === 0;

/**
 * Makes whole pictures of packets that come in order. A picture ends with the marker, or where another time stamp begins
 * (cameras forget markers). After a loss nothing is passed on before the next key frame: what would be shown is not what the
 * camera saw.
 */
export class Depacketiser {
  readonly #codec: VideoCodec;
  readonly #sink: DepacketiserSink;
  readonly #unit = new GatheredBytes(mostUnitBytes);
  readonly #nals: NalAssembler;
  #nalCount = 0;
  #hasPicture = false;
  #isKey = false;
  #isBroken = false;
  #timestamp: number | undefined;
  #sequence: number | undefined;
  #waitsForKey = true;
  #sets: { vps: Uint8Array | null; sps: Uint8Array | null; pps: Uint8Array | null } = {
    vps: null,
    sps: null,
    pps: null,
  };
  #setsChanged = false;
  #counts = { packets: 0, lost: 0, incomplete: 0 };

  constructor(codec: VideoCodec, sink: DepacketiserSink) {
    this.#codec = codec;
    this.#sink = sink;
    this.#nals = new NalAssembler(codec, this.#unit, (at) => this.#take(at));
  }

  get counts(): PacketCounts {
    return this.#counts;
  }

  /** Parameter sets that the session's description brought. */
  describe(nals: readonly Uint8Array[]): void {
    for (const nal of nals) this.#learn(nal);
  }

  /** Takes the next packet. Packets that come twice are passed over. */
  push(packet: RtpPacket): void {
    const { sequence, timestamp } = packet;
    const step = this.#sequence === undefined ? 1 : sequenceDistance(this.#sequence, sequence);
    if (step <= 0 && step > -512) return;
    this.#sequence = sequence;
    this.#counts.packets++;
    if (this.#timestamp !== undefined && timestamp !== this.#timestamp) {
      // What is missing may be the end of the picture before as well as the beginning of this one.
      if (step !== 1) this.#isBroken = true;
      this.#end();
    }
    this.#timestamp = timestamp;
    if (step !== 1) {
      this.#counts.lost += step > 1 ? step - 1 : 0;
      this.#isBroken = true;
      this.#nals.forget();
    }
    if (!this.#nals.push(packet.bytes, packet.start, packet.end)) this.#isBroken = true;
    if (packet.marker) this.#end();
  }

  /** What does not belong into a picture is taken away again. */
  #take(at: number): void {
    const role = nalRole(this.#codec, this.#unit.at(at + lengthBytes));
    if (role === "vps" || role === "sps" || role === "pps") this.#learn(this.#unit.view(at + lengthBytes));
    if (role === "noise" || role === "vps" || role === "sps" || role === "pps") {
      this.#unit.length = at;
      return;
    }
    if (role !== "other") this.#hasPicture = true;
    if (role === "key") this.#isKey = true;
    if (++this.#nalCount > mostNals) this.#isBroken = true;
  }

  #learn(nal: Uint8Array): void {
    const role = nalRole(this.#codec, nal[0] ?? 0);
    if (role !== "vps" && role !== "sps" && role !== "pps") return;
    if (same(this.#sets[role], nal)) return;
    this.#sets[role] = Uint8Array.from(nal);
    this.#setsChanged = true;
  }

  #end(): void {
    // A NAL unit that is not whole here never will be.
    const isBroken = this.#isBroken || this.#nals.isWithin;
    const [key, hasPicture, rtpTime] = [this.#isKey, this.#hasPicture, this.#timestamp ?? 0];
    this.#nals.forget();
    if (isBroken) this.#waitsForKey = true;
    const isShown = hasPicture && !isBroken && (!this.#waitsForKey || key) && this.#tellParameters(key);
    if (isShown) {
      this.#waitsForKey = false;
      this.#sink.unit({ bytes: this.#unit.view(), key, rtpTime });
    } else if (hasPicture || isBroken) this.#counts.incomplete++;
    this.#unit.length = 0;
    this.#nalCount = 0;
    this.#hasPicture = false;
    this.#isKey = false;
    this.#isBroken = false;
    this.#timestamp = undefined;
  }

  /** Others are told with the key frame that needs them. False while there are not all. */
  #tellParameters(key: boolean): boolean {
    const { vps, sps, pps } = this.#sets;
    if (sps === null || pps === null || (this.#codec === "h265" && vps === null)) return false;
    if (this.#setsChanged && key) {
      this.#setsChanged = false;
      this.#sink.parameters({ codec: this.#codec, vps: this.#codec === "h265" ? vps : null, sps, pps });
    }
    return true;
  }
}
