import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../store/database.ts";

/** A code that somebody answered with. */
export interface KnownCode {
  readonly id: number;
  readonly alert: string;
  readonly officer: string;
  /** Empty: it cannot be told any more. */
  readonly code: string;
  readonly expiresMs: number;
  readonly usedMs: number | null;
}

interface CodeRow extends Omit<KnownCode, "code"> {
  readonly message: string;
  readonly salt: number | null;
  readonly digest: string;
}

/** Stands in a stored message for its code, which is nowhere in the store. */
export const hiddenCode = "····";

/** The number as it is compared: its last eleven digits, whatever stands before them. */
const significant = (phone: string): string => phone.replace(/\D/gu, "").slice(-11);

const columns = "id, alert, officer, message, salt, digest, expires_ms AS expiresMs, used_ms AS usedMs";
const mostTries = 200;
/** Codes of a number that an answer is held against, the latest first. */
const mostCompared = 500;

/** What codes are made for. */
interface NewCode {
  /** The message that carries it: the same one gets the same code over all attempts. */
  readonly message: string;
  readonly alert: string;
  readonly officer: string;
  readonly phone: string;
  readonly nowMs: number;
  readonly validMs: number;
}

/**
 * Short codes by which an officer takes an alert over with a text message: four digits, the first not zero, different from
 * every other one that this number can still use, good for one alert, one time, and from the number it was sent to. A code
 * is derived from its message with a key outside the store; the store has keyed digests (HMAC-SHA-256) of code and number
 * alone, so that whoever reads it can neither answer nor find out a number.
 */
export class ReplyCodes {
  readonly #key: Uint8Array;
  readonly #ofPhone: Statement<unknown[]>;
  readonly #ofMessage: Statement<unknown[]>;
  readonly #insert: Statement<unknown[]>;
  readonly #use: Statement<unknown[]>;
  readonly #database: SqliteDatabase;

  /** `key`: 32 octets. */
  constructor(database: SqliteDatabase, key: Uint8Array) {
    this.#database = database;
    this.#key = key;
    this.#ofPhone = database.prepare(
      `SELECT ${columns} FROM reply_code WHERE phone = ? ORDER BY id DESC LIMIT ${mostCompared}`,
    );
    this.#ofMessage = database.prepare(
      `SELECT ${columns} FROM reply_code WHERE message = ? AND phone = ? ORDER BY id DESC LIMIT 1`,
    );
    this.#insert = database.prepare(
      `INSERT INTO reply_code (alert, officer, message, phone, salt, digest, made_ms, expires_ms)
       VALUES (@alert, @officer, @message, @phone, @salt, @digest, @nowMs, @expiresMs)`,
    );
    this.#use = database.prepare("UPDATE reply_code SET used_ms = ? WHERE id = ?");
  }

  #mac(...parts: readonly string[]): Buffer {
    return createHmac("sha256", this.#key).update(parts.join("\0")).digest();
  }

  /** What stands in the store for a number. */
  phoneDigest(phone: string): string {
    return this.#mac("mc-phone-v2", significant(phone)).toString("hex").slice(0, 32);
  }

  #digest(code: string, phone: string): string {
    return this.#mac("mc-code-v2", code, significant(phone)).toString("hex");
  }

  #derived(message: string, phone: string, salt: number): string {
    const number = this.#mac("mc-code-of-v2", message, significant(phone), String(salt)).readUInt32BE(0);
    return String(1_000 + (number % 9_000));
  }

  /** The code that a message carries to a number, made when it is first asked for; empty when none is free. */
  of(made: NewCode): string {
    const { message, phone, nowMs, validMs, alert, officer } = made;
    const phoneDigest = this.phoneDigest(phone);
    const known = this.#ofMessage.get(message, phoneDigest) as CodeRow | undefined;
    if (known !== undefined) return this.#codeOf(known, phone);
    const live = this.#rowsOf(phone).filter(({ expiresMs }) => expiresMs > nowMs);
    for (let salt = 0; salt < mostTries; salt++) {
      const code = this.#derived(message, phone, salt);
      const digest = this.#digest(code, phone);
      if (live.some((other) => other.digest === digest)) continue;
      this.#insert.run({
        ...{ alert, officer, message, phone: phoneDigest, salt, digest, nowMs, expiresMs: nowMs + validMs },
      });
      return code;
    }
    return "";
  }

  #codeOf({ message, salt }: CodeRow, phone: string): string {
    return salt === null ? "" : this.#derived(message, phone, salt);
  }

  #rowsOf(phone: string): CodeRow[] {
    return this.#ofPhone.all(this.phoneDigest(phone)) as CodeRow[];
  }

  #known({ id, alert, officer, expiresMs, usedMs }: CodeRow, code: string): KnownCode {
    return { id, alert, officer, code, expiresMs, usedMs };
  }

  /** The code that was sent to a number; undefined when this number never got it. Takes as long for a wrong one. */
  find(code: string, phone: string): KnownCode | undefined {
    const digest = Buffer.from(this.#digest(code, phone));
    const fitting = this.#rowsOf(phone).filter((row) => {
      const other = Buffer.from(row.digest);
      return other.length === digest.length && timingSafeEqual(other, digest);
    });
    return fitting[0] === undefined ? undefined : this.#known(fitting[0], code);
  }

  /** Codes that a number can use now, the latest first. */
  liveOf(phone: string, nowMs: number): KnownCode[] {
    return this.#rowsOf(phone)
      .filter(({ usedMs, expiresMs }) => usedMs === null && expiresMs > nowMs)
      .map((row) => this.#known(row, this.#codeOf(row, phone)));
  }

  use(id: number, nowMs: number): void {
    this.#use.run(nowMs, id);
  }

  /**
   * Codes that a layout before kept in clear: digests take their place, for numbers that `phoneOf` still knows; others are
   * good no more. Belongs into the first transaction after a start.
   */
  seal(phoneOf: (officer: string) => string): void {
    const open = this.#database
      .prepare("SELECT id, officer, code, digest FROM reply_code WHERE code IS NOT NULL")
      .all() as { id: number; officer: string; code: string; digest: string }[];
    if (open.length === 0) return;
    const sealed = this.#database.prepare("UPDATE reply_code SET code = NULL, phone = ?, digest = ? WHERE id = ?");
    const drop = this.#database.prepare("DELETE FROM reply_code WHERE id = ?");
    for (const { id, officer, code, digest } of open) {
      const phone = phoneOf(officer);
      const before = createHash("sha256")
        .update(`mc-code-v1\0${code}\0${significant(phone)}`)
        .digest("hex")
        .slice(0, 32);
      if (before === digest) sealed.run(this.phoneDigest(phone), this.#digest(code, phone), id);
      else drop.run(id);
    }
  }
}

const word = "(?:签收|已签收|收到|已收到|确认|ack|ok|a)";
const withCode = new RegExp(`^${word}?[\\s:：,，#]*([0-9]{4})[\\s:：,，。.!！]*${word}?[\\s。.!！]*$`, "iu");
const wordAlone = new RegExp(`^${word}[\\s。.!！]*$`, "iu");

/**
 * What a text message says: a code, with or without a word before or behind it; only the word; or nothing of the kind.
 * Full-width digits and letters count.
 */
export const readReply = (text: string): { readonly code: string } | "word" | undefined => {
  const clean = text.normalize("NFKC").trim();
  if (clean.length > 40) return undefined;
  const code = withCode.exec(clean)?.[1];
  if (code !== undefined) return { code };
  return wordAlone.test(clean) ? "word" : undefined;
};
