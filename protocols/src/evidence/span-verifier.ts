import { fromHex, fromUtf8, sameBytes, utf8 } from "../bytes/bytes.ts";
import { chainLink, chainStart, recordDigest } from "../chain/chain.ts";
import { type Line, sameLine } from "../chain/line.ts";
import { sealOctetsOf } from "../chain/seal.ts";
import type { Sha256 } from "../crypto/crypto-port.ts";
import { IntervalSet } from "../link/interval-set.ts";
import { maxRecordBytes } from "../records/record.ts";
import { type EvidenceFault, type EvidenceFaultCode, faultAt } from "./evidence-fault.ts";
import { sealsLink, sealsStart } from "./evidence-lines.ts";
import type { SealingKey } from "./key-history.ts";
import type { EvidenceSpan } from "./manifest.ts";
import { parseSealLine } from "./seal-line.ts";
import type { SignatureCheck } from "./signature-check.ts";

/** What a span is verified with. */
export interface SpanContext {
  readonly sha256: Sha256;
  readonly gw: string;
  readonly keys: ReadonlyMap<string, SealingKey>;
  /** False when the signature is known not to hold. */
  readonly holds: (check: SignatureCheck) => boolean;
}

const zeroes = new Uint8Array(32);
const [space, quote, comma, zero, nine] = [0x20, 0x22, 0x2c, 0x30, 0x39];
const [recordMark, digestMark, sealMark] = [0x52, 0x44, 0x53];
const versionMark = utf8('{"v":');
const maxVersionDigits = 4;

const standsAt = (bytes: Uint8Array, at: number, part: Uint8Array): boolean => {
  if (at + part.length > bytes.length) return false;
  for (let index = 0; index < part.length; index++) if (bytes[at + index] !== part[index]) return false;
  return true;
};

/** One span of an evidence file, line by line, from behind its `P` line to its end. Constant memory. */
export class SpanVerifier {
  readonly span: EvidenceSpan;
  records = 0;
  withheld = 0;
  seals = 0;
  /** Of the seals, those by a key that only the centre vouches for. */
  unvouched = 0;
  private readonly index: number;
  private readonly context: SpanContext;
  private readonly line: Line;
  private readonly octetsOf: ReturnType<typeof sealOctetsOf>;
  private readonly withheldHere: IntervalSet;
  /** What stands in every record between its version and its sequence number. */
  private readonly names: Uint8Array;
  private seq: number;
  private h: Uint8Array;
  private sealedAt = 0;
  private sealsHash: Uint8Array = sealsStart;

  constructor(index: number, span: EvidenceSpan, context: SpanContext) {
    this.index = index;
    this.span = span;
    this.context = context;
    this.line = { gw: context.gw, ep: span.ep, eid: span.eid };
    this.octetsOf = sealOctetsOf(this.line);
    this.withheldHere = new IntervalSet(span.withheld.map(([from, to]) => ({ from, to })));
    this.names = utf8(`,${JSON.stringify(this.line).slice(1, -1)},"seq":`);
    this.seq = span.from - 1;
    this.h = fromHex(span.prev) ?? zeroes;
  }

  /** What is wrong before the first line. */
  begin(): EvidenceFault | undefined {
    if (this.span.from !== 1 || sameBytes(this.h, chainStart(this.context.sha256, this.line))) return undefined;
    return this.fault("chain-begin", 1);
  }

  /** Takes the next line of the span, without its line feed. */
  take(line: Uint8Array): EvidenceFault | undefined {
    const mark = line[1] === space ? line[0] : undefined;
    if (mark === sealMark) return this.takeSeal(line);
    if (this.seq < this.span.to) {
      if (mark === recordMark) return this.takeRecord(line.subarray(2));
      if (mark === digestMark) return this.takeDigest(line.subarray(2));
    }
    return this.fault("unknown-form", this.nextPlace);
  }

  /** The line that comes next has no end. */
  cutOff(): EvidenceFault {
    return this.fault("cut-off", this.nextPlace);
  }

  /** What is wrong behind the last line. */
  end(): EvidenceFault | undefined {
    const { to, h, seals } = this.span;
    if (this.seq < to) return this.fault("record-missing", this.seq + 1);
    if (!sameBytes(this.h, fromHex(h) ?? zeroes)) return this.fault("span-end", to);
    if (this.sealedAt !== to) return this.fault("unsealed", to);
    return sameBytes(this.sealsHash, fromHex(seals) ?? zeroes) ? undefined : this.fault("seals-changed", to);
  }

  private fault(code: EvidenceFaultCode, seq: number): EvidenceFault {
    return faultAt(this.index, seq, code);
  }

  /** Where the next line belongs if it is no seal. */
  private get nextPlace(): number {
    return Math.min(this.seq + 1, this.span.to);
  }

  private advance(digest: Uint8Array): undefined {
    this.seq++;
    this.h = chainLink(this.context.sha256, this.h, digest);
    return undefined;
  }

  private takeRecord(bytes: Uint8Array): EvidenceFault | undefined {
    const seq = this.seq + 1;
    if (this.withheldHere.has(seq)) return this.fault("withheld-shown", seq);
    if (!this.isNamed(bytes, seq)) return this.fault("record-place", seq);
    this.records++;
    return this.advance(recordDigest(this.context.sha256, bytes));
  }

  /** Compared as octets: the record is never decoded, and every octet of it is under the chain in any case. */
  private isNamed(bytes: Uint8Array, seq: number): boolean {
    if (bytes.length > maxRecordBytes || !standsAt(bytes, 0, versionMark)) return false;
    let at = versionMark.length;
    while (at < versionMark.length + maxVersionDigits && isDigit(bytes[at])) at++;
    if (at === versionMark.length || !standsAt(bytes, at, this.names)) return false;
    at += this.names.length;
    const digits = String(seq);
    for (let index = 0; index < digits.length; index++) {
      if (bytes[at + index] !== digits.charCodeAt(index)) return false;
    }
    return bytes[at + digits.length] === comma && bytes[at + digits.length + 1] === quote;
  }

  private takeDigest(body: Uint8Array): EvidenceFault | undefined {
    const seq = this.seq + 1;
    const text = fromUtf8(body) ?? "";
    const digest = /^[0-9a-f]{64}$/.test(text) ? fromHex(text) : undefined;
    if (digest === undefined) return this.fault("digest-form", seq);
    if (!this.withheldHere.has(seq)) return this.fault("not-withheld", seq);
    this.withheld++;
    return this.advance(digest);
  }

  private takeSeal(line: Uint8Array): EvidenceFault | undefined {
    const { sha256, keys, holds } = this.context;
    const here = Math.max(this.seq, this.span.from);
    const sealed = parseSealLine(line);
    if (sealed === undefined) return this.fault("seal-form", here);
    if (sealed.seq > this.seq) return this.fault("seal-place", this.nextPlace);
    if (sealed.seq < this.seq || this.seq < this.span.from) return this.fault("seal-place", here);
    if (this.sealedAt === this.seq) return this.fault("seal-twice", here);
    const { kid, wall } = sealed.seal;
    const key = keys.get(kid);
    if (key === undefined) return this.fault("seal-key", here);
    const { publicKey, revokedFrom, isVouched } = key;
    if (revokedFrom !== null && sameLine(revokedFrom, this.span) && this.seq >= revokedFrom.seq) {
      return this.fault("seal-revoked", here);
    }
    const octets = this.octetsOf(this.seq, this.h, wall, kid);
    const fault = this.fault("seal-broken", here);
    if (!holds({ publicKey, octets, signature: sealed.signature, fault })) return fault;
    this.sealedAt = this.seq;
    this.sealsHash = sealsLink(sha256, this.sealsHash, line);
    this.seals++;
    if (!isVouched) this.unvouched++;
    return undefined;
  }
}

const isDigit = (octet: number | undefined): boolean => octet !== undefined && octet >= zero && octet <= nine;
