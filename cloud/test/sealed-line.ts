import { generateKeyPairSync, sign } from "node:crypto";
import {
  type Batch,
  type BatchItem,
  chainLink,
  chainStart,
  encodeBatch,
  encodeRecord,
  encodeSigned,
  type Gone,
  keyIdOf,
  type Line,
  type LineOfGateway,
  recordDigest,
  type Signer,
  type State,
  sealAt,
  signedTags,
  toHex,
  type Witness,
} from "@mingcheng/protocols";
import { nodeCrypto } from "../src/crypto/node-crypto.ts";
import { rawPublicKey } from "../src/crypto/signing-key.ts";
import { sampleRecord } from "./memory-ledger.ts";

/** A fresh Ed25519 signer. */
export const newSigner = (): Signer => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const raw = rawPublicKey(publicKey);
  return { kid: keyIdOf(nodeCrypto.sha256, raw), publicKey: raw, sign: (octets) => sign(null, octets, privateKey) };
};

/** What a batch may deviate in. */
export interface BatchWish {
  readonly lane?: "live" | "backlog";
  readonly witness?: Witness | null;
  readonly sender?: LineOfGateway;
  /** Items that go as their digest. */
  readonly digestOnly?: (seq: number) => boolean;
  /** Seals with a signature that does not verify. */
  readonly badSeal?: boolean;
  readonly sealer?: Signer;
}

/** A line with its records and chain, as a gateway would hold it. */
export class SealedLine {
  readonly line: Line;
  readonly signer: Signer;
  readonly records: Uint8Array[] = [];
  readonly #hashes: Uint8Array[];

  constructor(line: Line, signer: Signer, predecessor: (LineOfGateway & { seq: number; h: string }) | null = null) {
    this.line = line;
    this.signer = signer;
    this.#hashes = [chainStart(nodeCrypto.sha256, line)];
    this.append("epoch", { predecessor, reason: "start", software: { name: "test", version: "1" } });
  }

  get head(): number {
    return this.records.length;
  }

  get ofGateway(): LineOfGateway {
    return { ep: this.line.ep, eid: this.line.eid };
  }

  h(seq: number): Uint8Array {
    return this.#hashes[seq] as Uint8Array;
  }

  /** Serialises and chains one record. */
  append(kind: string, body: Record<string, unknown>): void {
    const { gw, ep, eid } = this.line;
    this.push(encodeRecord(sampleRecord({ kind: kind as "weighing", body, gw, ep, eid, seq: this.head + 1 })));
  }

  /** Chains bytes as they are. */
  push(bytes: Uint8Array): void {
    const { sha256 } = nodeCrypto;
    this.#hashes.push(chainLink(sha256, this.h(this.head), recordDigest(sha256, bytes)));
    this.records.push(bytes);
  }

  /** Appends weighings until the line has `head` records. */
  grow(head: number): this {
    while (this.head < head) this.append("weighing", { grams: String(this.head) });
    return this;
  }

  items(first: number, last: number, digestOnly: (seq: number) => boolean = () => false): BatchItem[] {
    return this.records.slice(first - 1, last).map((bytes, index) => {
      return digestOnly(first + index) ? { digest: recordDigest(nodeCrypto.sha256, bytes) } : { bytes };
    });
  }

  header(first: number, last: number, wish: BatchWish = {}): Batch["header"] {
    const sealer = wish.sealer ?? this.signer;
    const seal = sealAt(sealer, this.line, last, this.h(last), "2026-11-24T10:00:00.000+08:00");
    const bad = sealAt(sealer, this.line, last + 1, this.h(last), seal.wall);
    return {
      v: 1,
      gw: this.line.gw,
      line: this.ofGateway,
      first,
      count: last - first + 1,
      prev: toHex(this.h(first - 1)),
      seal: wish.badSeal === true ? bad : seal,
      sender: wish.sender ?? this.ofGateway,
      witness: wish.witness ?? null,
      lane: wish.lane ?? "live",
    };
  }

  /** The payload of a batch of [first, last], not compressed. */
  batch(first: number, last: number, wish: BatchWish = {}): Uint8Array {
    return encodeBatch(nodeCrypto.sha256, this.header(first, last, wish), this.items(first, last, wish.digestOnly));
  }

  /** A signed state of this line. */
  state(change: Partial<State> = {}, signer = this.signer): Uint8Array {
    const state: State = {
      v: 1,
      nonce: "n1",
      line: this.ofGateway,
      online: true,
      lines: [{ ...this.ofGateway, head: this.head, oldest: 1 }],
      keyHead: null,
      cseq: 0,
      config: 0,
      witness: null,
      alarms: [],
      wall: "2026-11-24T10:00:00.000+08:00",
      ...change,
    };
    return encodeSigned(signedTags.state, this.line.gw, state, signer);
  }

  /** A signed statement that records are gone. */
  gone(from: number, to: number, reason: Gone["reason"] = "lost"): Uint8Array {
    const gone: Gone = { v: 1, line: this.ofGateway, from, to, receipt: null, reason };
    return encodeSigned(signedTags.gone, this.line.gw, gone, this.signer);
  }
}
