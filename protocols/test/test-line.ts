import {
  type BatchHeader,
  type BatchItem,
  type BatchMessage,
  chainLink,
  chainStart,
  encodeBatch,
  encodeRecord,
  type LineOfGateway,
  recordDigest,
  type Seal,
  sealAt,
  toHex,
  utf8,
} from "../src/index.ts";
import { nodeCrypto, testSigner } from "./node-crypto.ts";

const { sha256 } = nodeCrypto;

export const testGw = "market-a";
/** The key that seals unless a test says otherwise. */
export const gatewayKey = testSigner(1);
export const testWall = "2026-11-24T09:30:00.000+08:00";

/** A line by a short name: the same name gives the same epoch id. */
export const lineNamed = (name: string, ep = 1): LineOfGateway => ({ ep, eid: toHex(sha256(utf8(name))).slice(0, 32) });

interface Predecessor extends LineOfGateway {
  readonly seq: number;
  readonly h: string;
}

/** What a batch may choose; the rest is as a gateway would have it. */
export interface BatchChoice extends Partial<Pick<BatchHeader, "sender" | "witness" | "lane" | "prev" | "gw">> {
  /** Of the sealed batch. */
  readonly seal?: Seal;
  readonly signer?: typeof gatewayKey;
  /** Sequence numbers that go as digests. */
  readonly digests?: readonly number[];
}

/** A line with its records and chain, as a gateway has it on disk. */
export class TestLine {
  readonly line: LineOfGateway;
  readonly records: Uint8Array[];
  readonly hashes: Uint8Array[];

  constructor(line: LineOfGateway, count: number, predecessor: Predecessor | null = null, mark = "") {
    this.line = line;
    this.records = [epochRecord(line, predecessor)];
    for (let seq = 2; seq <= count; seq++) this.records.push(utf8(`{"line":"${line.eid}${mark}","seq":${seq}}`));
    this.hashes = [chainStart(sha256, { gw: testGw, ...line })];
    for (const bytes of this.records) this.link(bytes);
  }

  /** One more record. */
  append(bytes: Uint8Array): this {
    this.records.push(bytes);
    this.link(bytes);
    return this;
  }

  private link(bytes: Uint8Array): void {
    this.hashes.push(chainLink(sha256, this.hashes.at(-1) as Uint8Array, recordDigest(sha256, bytes)));
  }

  /** h(seq) in hexadecimal. */
  h(seq: number): string {
    return toHex(this.hashes[seq] as Uint8Array);
  }

  /** Names `seq` as the last record known of this line. */
  at(seq: number): Predecessor {
    return { ...this.line, seq, h: this.h(seq) };
  }

  payload(first: number, last: number, choice: BatchChoice = {}): Uint8Array<ArrayBuffer> {
    const { digests = [], seal, signer = gatewayKey, ...header } = choice;
    const items = this.records.slice(first - 1, last).map((bytes, index): BatchItem => {
      return digests.includes(first + index) ? { digest: recordDigest(sha256, bytes) } : { bytes };
    });
    return encodeBatch(
      sha256,
      {
        v: 1,
        gw: testGw,
        line: this.line,
        first,
        count: items.length,
        prev: this.h(first - 1),
        seal: seal ?? sealAt(signer, { gw: testGw, ...this.line }, last, this.hashes[last] as Uint8Array, testWall),
        sender: this.line,
        witness: null,
        lane: "live",
        ...header,
      },
      items,
    );
  }

  /** The same as the centre's front hands it to ingest. */
  batch(first: number, last: number, choice: BatchChoice = {}): BatchMessage {
    return messageOf(this.payload(first, last, choice));
  }
}

/** A payload as the centre's front hands it to ingest. */
export const messageOf = (payload: Uint8Array): BatchMessage => ({
  gw: testGw,
  payload,
  payloadHash: toHex(sha256(payload)),
});

const epochRecord = ({ ep, eid }: LineOfGateway, predecessor: Predecessor | null): Uint8Array =>
  encodeRecord({
    v: 1,
    gw: testGw,
    ep,
    eid,
    seq: 1,
    dev: testGw,
    n: 1,
    kind: "epoch",
    t: { wall: testWall, mono_ms: 0, boot: "boot", sync: "ntp", err_ms: 1 },
    salt: "0".repeat(32),
    body: { predecessor, reason: "start", software: { name: "test", version: "1" } },
    raw: "",
  });
