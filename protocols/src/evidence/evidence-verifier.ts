import { z } from "zod";
import { concat, fromHex, fromUtf8, sameBytes } from "../bytes/bytes.ts";
import { chainLink, chainStart, recordDigest } from "../chain/chain.ts";
import { sameLine } from "../chain/line.ts";
import { sealVerifies } from "../chain/seal.ts";
import type { CryptoPort } from "../crypto/crypto-port.ts";
import { keyIdOf } from "../crypto/key-id.ts";
import { IntervalSet } from "../link/interval-set.ts";
import { parseSigned, signedTags, signedVerifies } from "../messages/signed.ts";
import { evidenceLines } from "./evidence-lines.ts";
import { type EvidenceManifest, type EvidenceSpan, manifestSchema } from "./manifest.ts";

/** Keys the verifying person got by another way than the file. Raw Ed25519 public keys, 32 octets. */
export interface PinnedKeys {
  readonly gateway: Uint8Array;
  readonly centre: Uint8Array;
}

/** The first thing that does not hold. `span` and `seq` are null where the manifest itself is at fault. */
export interface EvidenceFault {
  readonly span: number | null;
  readonly seq: number | null;
  readonly reason: string;
}

/** What a verification found. `records` counts records whose bytes were checked, `withheld` those by digest alone. */
export interface EvidenceReport {
  readonly ok: boolean;
  readonly fault: EvidenceFault | null;
  readonly manifest: EvidenceManifest | null;
  readonly records: number;
  readonly withheld: number;
  readonly seals: number;
}

const sealLineSchema = z.strictObject({
  seq: z.int().positive(),
  wall: z.string().max(64),
  kid: z.string().regex(/^[0-9a-f]{16}$/),
  sig: z.base64(),
});

const zeroes = new Uint8Array(32);

/**
 * Verifies an evidence file line by line, in constant memory, with nothing but the file and two pinned keys. After the
 * first fault it only ignores what follows: a broken file proves nothing behind the break.
 */
export class EvidenceVerifier {
  private readonly crypto: CryptoPort;
  private readonly pinned: PinnedKeys;
  private manifestBody: Uint8Array | null = null;
  private manifest: EvidenceManifest | null = null;
  private readonly keys = new Map<string, { publicKey: Uint8Array; entry: EvidenceManifest["keys"][number] }>();
  private fault: EvidenceFault | null = null;
  private spanIndex = -1;
  private span: EvidenceSpan | null = null;
  private withheldHere = new IntervalSet();
  private seq = 0;
  private h: Uint8Array = zeroes;
  private sealedAt = 0;
  private records = 0;
  private withheld = 0;
  private seals = 0;

  constructor(crypto: CryptoPort, pinned: PinnedKeys) {
    this.crypto = crypto;
    this.pinned = pinned;
  }

  /** Takes the next line, without its line feed. */
  push(line: Uint8Array): void {
    if (this.fault !== null) return;
    if (this.manifest === null) this.takeManifest(line);
    else this.takeLine(line);
  }

  /** No more lines. */
  finish(): EvidenceReport {
    if (this.fault === null && this.manifest === null) this.fail("the file ends before its manifest does");
    if (this.fault === null) this.closeSpan();
    const { fault, manifest, records, withheld, seals } = this;
    if (fault === null && manifest !== null) {
      if (this.spanIndex + 1 !== manifest.spans.length) {
        this.fault = { span: this.spanIndex + 1, seq: null, reason: "the span is missing" };
      } else if (records + withheld !== manifest.records) {
        this.fault = { span: null, seq: null, reason: `${records + withheld} records, ${manifest.records} announced` };
      }
    }
    return { ok: this.fault === null, fault: this.fault, manifest, records, withheld, seals };
  }

  private fail(reason: string, seq: number | null = null): void {
    this.fault ??= { span: this.spanIndex < 0 ? null : this.spanIndex, seq, reason };
  }

  private takeManifest(line: Uint8Array): void {
    if (this.manifestBody === null) {
      this.manifestBody = line.slice();
      return;
    }
    const message = parseSigned(concat(this.manifestBody, Uint8Array.of(0x0a), line));
    const parsed = manifestSchema.safeParse(message?.value);
    if (message === undefined || !parsed.success) {
      this.fail("this is not an evidence file: the manifest does not parse");
      return;
    }
    const isCentre = message.kid === keyIdOf(this.crypto.sha256, this.pinned.centre);
    if (!isCentre || !signedVerifies(this.crypto, this.pinned.centre, signedTags.manifest, parsed.data.gw, message)) {
      this.fail("the manifest is not signed by the pinned key of the centre");
      return;
    }
    for (const entry of parsed.data.keys) {
      const publicKey = fromHex(entry.publicKey) ?? zeroes;
      if (keyIdOf(this.crypto.sha256, publicKey) !== entry.kid) this.fail(`key ${entry.kid} does not have this id`);
      this.keys.set(entry.kid, { publicKey, entry });
    }
    const pinnedKid = keyIdOf(this.crypto.sha256, this.pinned.gateway);
    if (!this.keys.has(pinnedKid)) this.fail("the pinned key of the gateway is not in its key history");
    this.manifest = parsed.data;
  }

  private takeLine(line: Uint8Array): void {
    const body = line.subarray(2);
    if (line[1] !== 0x20) this.fail("a line of unknown form", this.seq + 1);
    else if (line[0] === 0x50) this.openSpan(body);
    else if (this.span === null) this.fail("a line outside any span");
    else if (line[0] === 0x52) this.takeRecord(body);
    else if (line[0] === 0x44) this.takeDigest(body);
    else if (line[0] === 0x53) this.takeSeal(body);
    else this.fail("a line of unknown form", this.seq + 1);
  }

  private openSpan(body: Uint8Array): void {
    this.closeSpan();
    if (this.fault !== null) return;
    this.spanIndex++;
    const span = this.manifest?.spans[this.spanIndex];
    if (span === undefined || fromUtf8(body) !== String(this.spanIndex)) {
      this.fail("a span that the manifest does not name");
      return;
    }
    this.span = span;
    this.seq = span.from - 1;
    this.sealedAt = 0;
    this.h = fromHex(span.prev) ?? zeroes;
    this.withheldHere = new IntervalSet(span.withheld.map(([from, to]) => ({ from, to })));
    const start = () => chainStart(this.crypto.sha256, { gw: this.manifest?.gw ?? "", ep: span.ep, eid: span.eid });
    if (span.from === 1 && !sameBytes(this.h, start())) this.fail("the chain does not begin at the line's start", 1);
  }

  private closeSpan(): void {
    const { span } = this;
    if (span === null) return;
    if (this.seq !== span.to) this.fail(`the span ends at ${this.seq}, not at ${span.to}`, this.seq + 1);
    else if (!sameBytes(this.h, fromHex(span.h) ?? zeroes)) this.fail("h at the end is not the manifest's", span.to);
    else if (this.sealedAt !== span.to) this.fail("the last record is not sealed", span.to);
    this.span = null;
  }

  private advance(digest: Uint8Array): void {
    this.seq++;
    this.h = chainLink(this.crypto.sha256, this.h, digest);
  }

  private takeRecord(bytes: Uint8Array): void {
    const seq = this.seq + 1;
    if (this.withheldHere.has(seq)) this.fail("a withheld record is present", seq);
    if (!this.namesItsPlace(bytes, seq)) this.fail("the record names another place than the one it stands at", seq);
    this.records++;
    this.advance(recordDigest(this.crypto.sha256, bytes));
  }

  /** The envelope's first fields are checked as text: `JSON.parse` of every record would be most of the work. */
  private namesItsPlace(bytes: Uint8Array, seq: number): boolean {
    const { span, manifest } = this;
    const text = fromUtf8(bytes.subarray(0, 256)) ?? fromUtf8(bytes) ?? "";
    const place = JSON.stringify({ gw: manifest?.gw, ep: span?.ep, eid: span?.eid, seq }).slice(1, -1);
    if (text.startsWith(`{"v":1,${place},`)) return true;
    return this.parsesToPlace(bytes, seq);
  }

  private parsesToPlace(bytes: Uint8Array, seq: number): boolean {
    const { span, manifest } = this;
    try {
      const value: unknown = JSON.parse(fromUtf8(bytes) ?? "");
      const place = z.object({ gw: z.string(), ep: z.number(), eid: z.string(), seq: z.number() }).safeParse(value);
      if (!place.success || span === null) return false;
      const { gw, ep, eid } = place.data;
      return gw === manifest?.gw && sameLine({ ep, eid }, span) && place.data.seq === seq;
    } catch {
      return false;
    }
  }

  private takeDigest(body: Uint8Array): void {
    const seq = this.seq + 1;
    const text = fromUtf8(body) ?? "";
    const digest = /^[0-9a-f]{64}$/.test(text) ? fromHex(text) : undefined;
    if (digest === undefined) this.fail("a digest of unknown form", seq);
    else if (!this.withheldHere.has(seq)) this.fail("a record is withheld that the manifest does not name", seq);
    else {
      this.withheld++;
      this.advance(digest);
    }
  }

  private takeSeal(body: Uint8Array): void {
    let value: unknown;
    try {
      value = JSON.parse(fromUtf8(body) ?? "");
    } catch {
      value = undefined;
    }
    const seal = sealLineSchema.safeParse(value);
    const { span, manifest } = this;
    // Exactly the form it is written in, so that no octet of the file can change unseen.
    const asWritten = seal.success && fromUtf8(evidenceLines.seal(seal.data.seq, seal.data).subarray(2, -1));
    const here = seal.success && seal.data.seq === this.seq && asWritten === fromUtf8(body);
    if (!here || span === null || manifest === null || this.seq < span.from) {
      const isAhead = seal.success && seal.data.seq > this.seq;
      this.fail("a seal that does not belong here", isAhead ? this.seq + 1 : this.seq);
      return;
    }
    const key = this.keys.get(seal.data.kid);
    if (key === undefined) {
      this.fail(`sealed with an unknown key ${seal.data.kid}`, this.seq);
      return;
    }
    const { revokedFrom } = key.entry;
    if (revokedFrom !== null && sameLine(revokedFrom, span) && this.seq >= revokedFrom.seq) {
      this.fail(`sealed with key ${seal.data.kid} behind its revocation`, this.seq);
      return;
    }
    const line = { gw: manifest.gw, ep: span.ep, eid: span.eid };
    if (!sealVerifies(this.crypto, key.publicKey, line, this.seq, this.h, seal.data)) {
      const from = Math.max(span.from, this.sealedAt + 1);
      this.fail(`the seal does not verify: something in ${from}-${this.seq} was changed`, this.seq);
      return;
    }
    this.sealedAt = this.seq;
    this.seals++;
  }
}
