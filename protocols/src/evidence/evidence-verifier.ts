import { concat, fromUtf8 } from "../bytes/bytes.ts";
import type { CryptoPort } from "../crypto/crypto-port.ts";
import { keyIdOf } from "../crypto/key-id.ts";
import { parseSigned, signedOctets, signedTags } from "../messages/signed.ts";
import { type EvidenceFault, type EvidenceFaultCode, faultAt } from "./evidence-fault.ts";
import { readKeyHistory } from "./key-history.ts";
import { type EvidenceManifest, manifestSchema } from "./manifest.ts";
import type { SignatureCheck } from "./signature-check.ts";
import { type SpanContext, SpanVerifier } from "./span-verifier.ts";

/** Keys the verifying person got by another way than the file. Raw Ed25519 public keys, 32 octets. */
export interface PinnedKeys {
  readonly gateway: Uint8Array;
  readonly centre: Uint8Array;
}

/**
 * What a verification found. `records` counts records whose bytes were checked, `withheld` those by digest alone, `unvouched`
 * seals by keys that no rotation statement joins with the pinned one: that these are the gateway's is the centre's word.
 */
export interface EvidenceReport {
  readonly ok: boolean;
  readonly fault: EvidenceFault | null;
  readonly manifest: EvidenceManifest | null;
  readonly records: number;
  readonly withheld: number;
  readonly seals: number;
  readonly unvouched: number;
}

/** How signatures are verified. */
export interface SignatureOptions {
  /**
   * Takes every signature instead of verifying it at once, in the order of the file; the caller verifies them as it
   * likes, at the same time if it can, and hands the first that does not hold to {@link EvidenceVerifier.finish}.
   */
  readonly defer?: (check: SignatureCheck) => void;
}

const spanMark = 0x50;
const space = 0x20;

/**
 * Verifies an evidence file line by line, in constant memory, with nothing but the file and two pinned keys. After the
 * first fault it only ignores what follows: a broken file proves nothing behind the break.
 */
export class EvidenceVerifier {
  private readonly crypto: CryptoPort;
  private readonly pinned: PinnedKeys;
  private readonly defer: SignatureOptions["defer"];
  private manifestBody: Uint8Array | null = null;
  private manifest: EvidenceManifest | null = null;
  private context: SpanContext | null = null;
  private fault: EvidenceFault | undefined;
  /** Spans verified to their end. */
  private done = 0;
  private span: SpanVerifier | null = null;
  private records = 0;
  private withheld = 0;
  private seals = 0;
  private unvouched = 0;

  constructor(crypto: CryptoPort, pinned: PinnedKeys, { defer }: SignatureOptions = {}) {
    this.crypto = crypto;
    this.pinned = pinned;
    this.defer = defer;
  }

  /** True once something did not hold: nothing behind it matters. */
  get isBroken(): boolean {
    return this.fault !== undefined;
  }

  /** Takes the next line, without its line feed. */
  push(line: Uint8Array): void {
    if (this.fault !== undefined) return;
    if (this.manifest === null) this.takeManifest(line);
    else if (this.span !== null && !(line[0] === spanMark && line[1] === space)) this.fault = this.span.take(line);
    else this.openSpan(line);
  }

  /**
   * No more lines. `isCutOff`: more stood behind the last line, but without a line feed or longer than any line may be.
   * `badSignature`: the first of the deferred signatures that does not hold.
   */
  finish({ isCutOff = false, badSignature }: FileEnd = {}): EvidenceReport {
    if (this.fault === undefined) this.fault = this.endFault(isCutOff);
    const fault = badSignature ?? this.fault ?? null;
    this.fault = fault ?? undefined;
    return { ok: fault === null, fault, ...this.totals() };
  }

  private totals() {
    const { span, manifest } = this;
    return {
      manifest,
      records: this.records + (span?.records ?? 0),
      withheld: this.withheld + (span?.withheld ?? 0),
      seals: this.seals + (span?.seals ?? 0),
      unvouched: this.unvouched + (span?.unvouched ?? 0),
    };
  }

  private endFault(isCutOff: boolean): EvidenceFault | undefined {
    const { manifest } = this;
    if (manifest === null) return faultAt(null, null, "no-manifest");
    if (isCutOff) return this.span?.cutOff() ?? this.beyond("cut-off");
    const open = this.closeSpan();
    if (open !== undefined) return open;
    if (this.done < manifest.spans.length) return faultAt(this.done, null, "span-missing");
    return this.records + this.withheld === manifest.records ? undefined : faultAt(null, null, "record-count");
  }

  /** Something stands where the next span should begin. */
  private beyond(code: EvidenceFaultCode): EvidenceFault {
    const isOver = this.done === (this.manifest?.spans.length ?? 0);
    return isOver ? faultAt(null, null, "too-much") : faultAt(this.done, null, code);
  }

  private holds(check: SignatureCheck): boolean {
    if (this.defer === undefined) return this.crypto.verify(check.publicKey, check.octets, check.signature);
    this.defer(check);
    return true;
  }

  private takeManifest(line: Uint8Array): void {
    if (this.manifestBody === null) {
      this.manifestBody = line.slice();
      return;
    }
    const manifest = this.readManifest(this.manifestBody, line);
    if (typeof manifest === "string") this.fault = faultAt(null, null, manifest);
    else this.manifest = manifest;
  }

  private readManifest(body: Uint8Array, line: Uint8Array): EvidenceManifest | EvidenceFaultCode {
    const { sha256 } = this.crypto;
    const message = parseSigned(concat(body, Uint8Array.of(0x0a), line));
    const { data } = manifestSchema.safeParse(message?.value);
    if (message === undefined || data === undefined) return "not-a-manifest";
    const { centre, gateway } = this.pinned;
    const octets = signedOctets(signedTags.manifest, data.gw, message.body);
    const fault = faultAt(null, null, "foreign-manifest");
    const isCentre = message.kid === keyIdOf(sha256, centre);
    if (!isCentre || !this.holds({ publicKey: centre, octets, signature: message.sig, fault })) return fault.code;
    const holds = (each: SignatureCheck): boolean => this.holds(each);
    const keys = readKeyHistory(data.gw, data.keys, { sha256, pinned: keyIdOf(sha256, gateway), holds });
    if (typeof keys === "string") return keys;
    this.context = { sha256, gw: data.gw, keys, holds };
    return data;
  }

  private openSpan(line: Uint8Array): void {
    this.fault = this.closeSpan();
    if (this.fault !== undefined) return;
    const { context } = this;
    const span = this.manifest?.spans[this.done];
    if (context === null || span === undefined || fromUtf8(line) !== `P ${this.done}`) {
      this.fault = this.beyond("span-begin");
      return;
    }
    this.span = new SpanVerifier(this.done, span, context);
    this.fault = this.span.begin();
  }

  private closeSpan(): EvidenceFault | undefined {
    const { span } = this;
    const fault = span?.end();
    if (span === null || fault !== undefined) return fault;
    this.records += span.records;
    this.withheld += span.withheld;
    this.seals += span.seals;
    this.unvouched += span.unvouched;
    this.done++;
    this.span = null;
    return undefined;
  }
}

/** How a file ended, see {@link EvidenceVerifier.finish}. */
export interface FileEnd {
  readonly isCutOff?: boolean;
  readonly badSignature?: EvidenceFault | undefined;
}
