import type { AccessUnit, ParameterSets, VideoCodec } from "./access-unit.ts";
import { NalAssembler, type PiecedNal } from "./nal-assembler.ts";
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

const whole = (nal: PiecedNal): Uint8Array => {
  const [only] = nal;
  return nal.length === 1 && only !== undefined ? only : Buffer.concat(nal);
};

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
  readonly #nals: NalAssembler;
  #unit: Uint8Array[] = [];
  #unitBytes = 0;
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
    this.#nals = new NalAssembler(codec);
  }

  get counts(): PacketCounts {
    return this.#counts;
  }

  /** Parameter sets that the session's description brought. */
  describe(nals: readonly Uint8Array[]): void {
    for (const nal of nals) this.#learn(nal);
  }

  /** Takes the next packet. Packets that come twice are passed over. */
  push({ sequence, timestamp, marker, payload }: RtpPacket): void {
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
    const { nals, broken } = this.#nals.push(payload);
    if (broken) this.#isBroken = true;
    for (const nal of nals) this.#take(whole(nal));
    if (marker) this.#end();
  }

  #take(nal: Uint8Array): void {
    const role = nalRole(this.#codec, nal);
    if (role === "noise") return;
    if (role === "vps" || role === "sps" || role === "pps") {
      this.#learn(nal);
      return;
    }
    if (role === "key") this.#isKey = true;
    this.#unitBytes += nal.length;
    if (this.#unitBytes > mostUnitBytes || this.#unit.length >= mostNals) this.#isBroken = true;
    else this.#unit.push(nal);
  }

  #learn(nal: Uint8Array): void {
    const role = nalRole(this.#codec, nal);
    if (role !== "vps" && role !== "sps" && role !== "pps") return;
    if (same(this.#sets[role], nal)) return;
    this.#sets[role] = Uint8Array.from(nal);
    this.#setsChanged = true;
  }

  #end(): void {
    const [nals, key, broken, rtpTime] = [this.#unit, this.#isKey, this.#isBroken, this.#timestamp ?? 0];
    this.#unit = [];
    this.#unitBytes = 0;
    this.#isKey = false;
    this.#isBroken = false;
    this.#timestamp = undefined;
    if (broken) this.#waitsForKey = true;
    const hasPicture = nals.some((nal) => ["key", "picture"].includes(nalRole(this.#codec, nal)));
    if (!hasPicture) {
      if (broken) this.#counts.incomplete++;
      return;
    }
    if (broken || (this.#waitsForKey && !key) || !this.#tellParameters(key)) {
      this.#counts.incomplete++;
      return;
    }
    this.#waitsForKey = false;
    this.#sink.unit({ nals, key, rtpTime });
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
