import {
  type EpochBody,
  encodeRecord,
  type Line,
  lineKey,
  type MingchengRecord,
  type RecordKind,
  type RecordTime,
  toHex,
} from "@mingcheng/protocols";

/** What a record says, before it has its place in a line. */
export interface RecordDraft {
  /** Device id, or the gateway's own id for records about itself. */
  readonly dev: string;
  readonly kind: RecordKind;
  readonly body: Readonly<Record<string, unknown>>;
  /** The device's own bytes; empty where no device spoke. */
  readonly raw: Uint8Array;
  readonly t: RecordTime;
}

const saltBytes = 16;

/** Serialises records, once each, and keeps every device's own count within the line. */
export class RecordBuilder {
  private readonly random: (bytes: number) => Uint8Array;
  private readonly counts = new Map<string, number>();
  private counted = "";

  /** `random` gives cryptographically random bytes. */
  constructor(random: (bytes: number) => Uint8Array) {
    this.random = random;
  }

  /** The `epoch` record, seq 1 of a new line: all counts begin again. */
  epoch(line: Line, body: EpochBody, t: RecordTime): Uint8Array {
    return this.build(line, 1, { dev: line.gw, kind: "epoch", body, raw: new Uint8Array(), t });
  }

  /**
   * Record `seq` of `line`. The device's count grows only when the record could be built.
   * @throws {MingchengError} RECORD_TOO_LARGE
   */
  build(line: Line, seq: number, { dev, kind, body, raw, t }: RecordDraft): Uint8Array {
    const key = lineKey(line);
    if (key !== this.counted) this.counts.clear();
    this.counted = key;
    const n = (this.counts.get(dev) ?? 0) + 1;
    const record: MingchengRecord = {
      v: 1,
      gw: line.gw,
      ep: line.ep,
      eid: line.eid,
      seq,
      dev,
      n,
      kind,
      t,
      salt: toHex(this.random(saltBytes)),
      body: { ...body },
      raw: Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString("base64"),
    };
    const bytes = encodeRecord(record);
    this.counts.set(dev, n);
    return bytes;
  }
}
