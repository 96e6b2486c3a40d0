import { createHash } from "node:crypto";
import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../store/database.ts";

/** A code that somebody answered with. */
export interface KnownCode {
  readonly id: number;
  readonly alert: string;
  readonly officer: string;
  readonly code: string;
  readonly expiresMs: number;
  readonly usedMs: number | null;
}

/** The number as it is compared: its last eleven digits, whatever stands before them. */
const significant = (phone: string): string => phone.replace(/\D/gu, "").slice(-11);

/** What stands in the store for a number. */
export const phoneDigest = (phone: string): string =>
  createHash("sha256")
    .update(`mc-phone-v1\0${significant(phone)}`)
    .digest("hex")
    .slice(0, 32);

const codeDigest = (code: string, phone: string): string =>
  createHash("sha256")
    .update(`mc-code-v1\0${code}\0${significant(phone)}`)
    .digest("hex")
    .slice(0, 32);

const columns = "id, alert, officer, code, expires_ms AS expiresMs, used_ms AS usedMs";
const mostTries = 200;

/**
 * Short codes by which an officer takes an alert over with a text message: four digits, the first not zero, different from
 * every other one that this number can still use, good for one alert, one time, and from the number it was sent to.
 */
export class ReplyCodes {
  readonly #live: Statement<unknown[]>;
  readonly #of: Statement<unknown[]>;
  readonly #insert: Statement<unknown[]>;
  readonly #find: Statement<unknown[]>;
  readonly #liveOf: Statement<unknown[]>;
  readonly #use: Statement<unknown[]>;
  readonly #random: () => number;

  constructor(database: SqliteDatabase, random: () => number) {
    this.#random = random;
    this.#live = database.prepare("SELECT 1 FROM reply_code WHERE digest = ? AND expires_ms > ?").pluck();
    this.#of = database
      .prepare(
        "SELECT code FROM reply_code WHERE alert = ? AND officer = ? AND used_ms IS NULL AND expires_ms > ? AND digest = ?",
      )
      .pluck();
    this.#insert = database.prepare("INSERT INTO reply_code VALUES (NULL, ?, ?, ?, ?, ?, ?, NULL)");
    this.#find = database.prepare(`SELECT ${columns} FROM reply_code WHERE digest = ? ORDER BY id DESC LIMIT 1`);
    this.#liveOf = database.prepare(
      `SELECT ${columns} FROM reply_code WHERE officer = ? AND used_ms IS NULL AND expires_ms > ? ORDER BY id DESC LIMIT 50`,
    );
    this.#use = database.prepare("UPDATE reply_code SET used_ms = ? WHERE id = ?");
  }

  /** A code for an alert and a number; empty when none is free. */
  make(made: {
    readonly alert: string;
    readonly officer: string;
    readonly phone: string;
    readonly nowMs: number;
    readonly validMs: number;
  }): string {
    const { alert, officer, phone, nowMs, validMs } = made;
    for (let tries = 0; tries < mostTries; tries++) {
      const code = String(1_000 + Math.floor(this.#random() * 9_000));
      const digest = codeDigest(code, phone);
      // The code of an earlier message about the same alert is as good.
      if (this.#of.get(alert, officer, nowMs, digest) !== undefined) return code;
      if (this.#live.get(digest, nowMs) !== undefined) continue;
      this.#insert.run(alert, officer, code, digest, nowMs, nowMs + validMs);
      return code;
    }
    return "";
  }

  /** The code that was sent to a number; undefined when this number never got it. */
  find(code: string, phone: string): KnownCode | undefined {
    return this.#find.get(codeDigest(code, phone)) as KnownCode | undefined;
  }

  /** Codes that a number can use now, the latest first. */
  liveOf(officer: string, phone: string, nowMs: number): KnownCode[] {
    const all = this.#liveOf.all(officer, nowMs) as KnownCode[];
    return all.filter(({ code, id }) => this.find(code, phone)?.id === id);
  }

  use(id: number, nowMs: number): void {
    this.#use.run(nowMs, id);
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
