import { toHex } from "@mingcheng/protocols";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { auditDigest, auditLink, auditSigned, auditStart } from "./audit-chain.ts";
import { type AuditEntry, auditEntrySchema } from "./audit-event.ts";
import { type AuditHead, readAuditHead } from "./audit-head.ts";

/** A place of the log that was noted elsewhere: entry and hash. */
export interface NotedHead {
  readonly n: number;
  /** Hexadecimal. */
  readonly h: string;
}

/** What the log is held against. */
export interface AuditTrust {
  /** Public keys by key id that may have signed it: the centre's manifest key, and earlier ones that somebody vouches for. */
  readonly keys: ReadonlyMap<string, Uint8Array>;
  /** Where the head is kept; null: not looked at. */
  readonly headPath: string | null;
  /** Noted elsewhere earlier. */
  readonly noted?: readonly NotedHead[];
}

/** The first thing that is wrong. `n` null: the log as a whole. */
export interface AuditFault {
  readonly n: number | null;
  readonly zh: string;
  readonly en: string;
}

/** What came of it. */
export interface AuditReport {
  readonly ok: boolean;
  readonly entries: number;
  readonly withheld: number;
  readonly head: NotedHead | null;
  readonly fault: AuditFault | null;
}

interface Row {
  readonly n: number;
  readonly bytes: Buffer | null;
  readonly digest: Buffer;
  readonly h: Buffer;
  readonly kid: string;
  readonly sig: Buffer;
}

const fault = (n: number | null, zh: string, en: string): AuditFault => ({ n, zh, en });

/** The entry in a row's bytes; undefined when they hold none. */
export const entryIn = (bytes: Uint8Array): AuditEntry | undefined => {
  try {
    const parsed = auditEntrySchema.safeParse(JSON.parse(Buffer.from(bytes).toString("utf8")));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
};

/** Which entries were erased, and which were said to be. */
class Withheld {
  readonly #missing: number[] = [];
  readonly #said: { readonly from: number; readonly to: number; readonly by: number }[] = [];

  get count(): number {
    return this.#missing.length;
  }

  missing(n: number): void {
    this.#missing.push(n);
  }

  note({ action, detail, n }: AuditEntry): void {
    const { from, to } = detail;
    if (action === "audit.withheld" && typeof from === "number" && typeof to === "number") {
      this.#said.push({ from, to, by: n });
    }
  }

  /** The first entry that is gone and that no later entry says was erased. */
  unexplained(): number | undefined {
    return this.#missing.find((n) => !this.#said.some(({ from, to, by }) => from <= n && n <= to && by > n));
  }
}

const rowFault = (
  row: Row,
  place: { readonly n: number; readonly h: Uint8Array },
  trust: AuditTrust,
): AuditFault | null => {
  const { n, bytes, digest, h, kid, sig } = row;
  if (n !== place.n) return fault(place.n, "缺少这一条", "this entry is missing");
  if (bytes !== null && !digest.equals(auditDigest(bytes))) {
    return fault(n, "内容被改动：与摘要不符", "its content was changed: it does not fit its digest");
  }
  if (!h.equals(auditLink(place.h, digest))) return fault(n, "链在此断开", "the chain breaks here");
  const key = trust.keys.get(kid);
  if (key === undefined) return fault(n, `由未知密钥 ${kid} 签名`, `signed by a key that nobody vouches for: ${kid}`);
  if (!nodeCrypto.verify(key, auditSigned(h), sig)) return fault(n, "签名不符", "its signature does not verify");
  const entry = bytes === null ? undefined : entryIn(bytes);
  if (bytes !== null && entry?.n !== n) return fault(n, "内容不是这一条的", "its content is not that of this entry");
  return null;
};

type HashOf = (n: number) => string | null;

const headFault = (head: AuditHead | "damaged" | undefined, last: Row | undefined, hOf: HashOf): AuditFault | null => {
  if (head === "damaged") return fault(null, "末尾标记文件已损坏", "the file that names the head is damaged");
  if (head === undefined) return fault(null, "缺少末尾标记文件", "the file that names the head is missing");
  if (last === undefined || head.n > last.n) {
    return fault(head.n, "末尾的条目被截去", "entries are cut off at the end: there was one with this number");
  }
  return hOf(head.n) === head.h ? null : fault(head.n, "与末尾标记不符", "it is not the entry that the head names");
};

const notedFault = (noted: readonly NotedHead[], hOf: HashOf): AuditFault | null => {
  const other = noted.find(({ n, h }) => hOf(n) !== h);
  return other === undefined
    ? null
    : fault(other.n, "与另行记下的末尾不符", "it is not the entry that was noted elsewhere");
};

const withheldFault = (withheld: Withheld): AuditFault | null => {
  const n = withheld.unexplained();
  if (n === undefined) return null;
  return fault(n, "内容缺失，且没有抹去记录", "its content is gone, and no entry says that it was erased");
};

/** Rows are read so many at a time; between the pieces others have their turn. */
const pieceRows = 1_000;

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Checks the whole log from the first entry on, a piece at a time, while others may add entries. Reads only. */
export const verifyAudit = async (database: SqliteDatabase, trust: AuditTrust): Promise<AuditReport> => {
  const withheld = new Withheld();
  // First: what is added meanwhile is behind it.
  const kept = trust.headPath === null ? null : readAuditHead(trust.headPath);
  const piece = database.prepare(`SELECT * FROM audit_entry WHERE n > ? ORDER BY n LIMIT ${pieceRows}`);
  let last: Row | undefined;
  let found: AuditFault | null = null;
  for (let rows = piece.all(0) as Row[]; rows.length > 0 && found === null; rows = piece.all(last?.n ?? 0) as Row[]) {
    for (const row of rows) {
      found = rowFault(row, { n: (last?.n ?? 0) + 1, h: last?.h ?? auditStart }, trust);
      if (found !== null) break;
      last = row;
      const entry = row.bytes === null ? undefined : entryIn(row.bytes);
      if (entry === undefined) withheld.missing(row.n);
      else withheld.note(entry);
    }
    await nextTurn();
  }
  const hashOf = database.prepare("SELECT lower(hex(h)) FROM audit_entry WHERE n = ?").pluck();
  const hOf: HashOf = (n) => (hashOf.get(n) as string | undefined) ?? null;
  if (last === undefined) found ??= fault(null, "日志没有任何条目", "there is no entry at all");
  if (kept !== null) found ??= headFault(kept, last, hOf);
  found ??= notedFault(trust.noted ?? [], hOf) ?? withheldFault(withheld);
  const head = last === undefined ? null : { n: last.n, h: toHex(last.h) };
  return { ok: found === null, entries: last?.n ?? 0, withheld: withheld.count, head, fault: found };
};
