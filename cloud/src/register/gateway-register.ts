import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { fromHex, type GatewayKey, gatewayIdPattern, keyIdOf, MingchengError } from "@mingcheng/protocols";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { type Decider, GatewayDecisions } from "./gateway-decisions.ts";

/** A gateway as the register knows it. Times are ISO 8601 UTC; null = not yet. */
export interface RegisteredGateway {
  readonly gw: string;
  readonly site: string;
  readonly createdAt: string;
  readonly enrolledAt: string | null;
  readonly disabledAt: string | null;
  readonly keys: readonly RegisteredKey[];
}

/** A sealing key and since when it counts. */
export interface RegisteredKey extends GatewayKey {
  readonly kid: string;
  readonly since: string;
}

interface GatewayRow {
  gw: string;
  site: string;
  created_ms: number;
  credential: Buffer | null;
  enrolled_ms: number | null;
  disabled_ms: number | null;
}

interface KeyRow {
  kid: string;
  public_key: Buffer;
  since_ms: number;
}

interface CodeRow {
  gw: string;
  expiresMs: number;
  usedMs: number | null;
  request: Buffer | null;
  replaces: number;
}

/** A new enrolment code: its secret, hexadecimal, and when it ends, ISO 8601 UTC. */
export interface IssuedCode {
  readonly secret: string;
  readonly expiresAt: string;
}

/** What an enrolled gateway is given. `replaces`: it is a new box in the place of another. */
export interface Admission {
  readonly credential: string;
  readonly site: string;
  readonly replaces: boolean;
}

/** An enrolment code is valid for so long. */
export const codeValidMs = 24 * 3_600_000;

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();
const isoOrNull = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** Gateways, their credentials, keys and enrolment codes. Works on a reading connection too, for what only reads. */
export class GatewayRegister {
  readonly #database: SqliteDatabase;
  readonly #decisions: GatewayDecisions;

  constructor(database: SqliteDatabase) {
    this.#database = database;
    this.#decisions = new GatewayDecisions(database);
  }

  /**
   * Makes a new code for a gateway, which is registered when it is new. Returns the code's secret, hexadecimal: it is
   * stored as a hash and cannot be shown again. Codes made before and not used stop being valid.
   * @throws {MingchengError} INPUT_INVALID, field `gateway`
   */
  addCode(gw: string, site: string | undefined, nowMs: number): IssuedCode {
    return this.#issue(gw, site, false, nowMs);
  }

  /**
   * A code for a new box that takes the gateway's place, with a key of its own. What the old box still has to send counts
   * until its key is revoked; its credential ends with the enrolment of the new one.
   * @throws {MingchengError} GATEWAY_UNKNOWN, also before the gateway was ever enrolled
   */
  addReplacement(gw: string, decider: Decider): IssuedCode {
    const row = this.#row(gw);
    if (row === undefined || row.enrolled_ms === null) {
      throw new MingchengError("GATEWAY_UNKNOWN", `${gw}: nothing to replace`, { field: "gateway" });
    }
    return this.#database
      .transaction(() => {
        this.#decisions.replace(gw, decider);
        return this.#issue(gw, undefined, true, decider.nowMs);
      })
      .immediate();
  }

  #issue(gw: string, site: string | undefined, replaces: boolean, nowMs: number): IssuedCode {
    if (!gatewayIdPattern.test(gw)) {
      throw new MingchengError("INPUT_INVALID", `${gw}: lower-case letters, digits and inner hyphens, at most 64`, {
        field: "gateway",
      });
    }
    const secret = randomBytes(32).toString("hex");
    const expiresMs = nowMs + codeValidMs;
    this.#database
      .transaction(() => {
        this.#database
          .prepare("INSERT INTO gateway (gw, site, created_ms) VALUES (?, ?, ?) ON CONFLICT (gw) DO NOTHING")
          .run(gw, site ?? gw, nowMs);
        if (site !== undefined) this.#database.prepare("UPDATE gateway SET site = ? WHERE gw = ?").run(site, gw);
        this.#database.prepare("DELETE FROM enrolment_code WHERE gw = ? AND used_ms IS NULL").run(gw);
        this.#database
          .prepare("INSERT INTO enrolment_code (secret, gw, created_ms, expires_ms, replaces) VALUES (?, ?, ?, ?, ?)")
          .run(sha256(secret), gw, nowMs, expiresMs, replaces ? 1 : 0);
      })
      .immediate();
    return { secret, expiresAt: new Date(expiresMs).toISOString() };
  }

  /**
   * Redeems a code: the key is registered, a new credential replaces the old one. The same request (same key, same code)
   * within the code's validity is answered again with a fresh credential, because the first answer may have been lost.
   * @throws {MingchengError} ENROL_REFUSED when the code is unknown, used with another key, or expired
   */
  enrol(gw: string, secret: string, publicKeyHex: string, nowMs: number): Admission {
    const publicKey = fromHex(publicKeyHex);
    if (publicKey?.length !== 32) throw new MingchengError("ENROL_REFUSED", "no public key", { field: "publicKey" });
    const credential = randomBytes(32).toString("hex");
    return this.#database
      .transaction(() => {
        const hashed = sha256(secret);
        const code = this.#database
          .prepare(
            "SELECT gw, expires_ms AS expiresMs, used_ms AS usedMs, request, replaces FROM enrolment_code WHERE secret = ?",
          )
          .get(hashed) as CodeRow | undefined;
        if (code === undefined || code.gw !== gw) throw new MingchengError("ENROL_REFUSED", "the code is not known");
        if (code.expiresMs <= nowMs) throw new MingchengError("ENROL_REFUSED", "the code has expired");
        if (code.usedMs !== null && code.request?.equals(publicKey) !== true) {
          throw new MingchengError("ENROL_REFUSED", "the code has been used");
        }
        this.#database
          .prepare("UPDATE enrolment_code SET used_ms = coalesce(used_ms, ?), request = ? WHERE secret = ?")
          .run(nowMs, publicKey, hashed);
        this.#database
          .prepare("INSERT INTO gateway_key (gw, kid, public_key, since_ms) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
          .run(gw, keyIdOf(nodeCrypto.sha256, publicKey), publicKey, nowMs);
        this.#database
          .prepare("UPDATE gateway SET credential = ?, enrolled_ms = ? WHERE gw = ?")
          .run(sha256(credential), nowMs, gw);
        const { site } = this.#row(gw) as GatewayRow;
        return { credential, site, replaces: code.replaces === 1 };
      })
      .immediate();
  }

  /** True when the credential is the gateway's present one and the gateway is not disabled. Constant time. */
  authenticates(gw: string, credential: string): boolean {
    const row = this.#row(gw);
    const stored = row?.credential ?? null;
    const given = sha256(credential);
    const same = timingSafeEqual(stored ?? Buffer.alloc(32), given);
    return stored !== null && row?.disabled_ms === null && same;
  }

  /** Since when a gateway is enrolled, and whether it is disabled; undefined before it is enrolled. */
  standing(gw: string): { readonly enrolledMs: number; readonly disabled: boolean } | undefined {
    const row = this.#row(gw);
    if (row === undefined || row.enrolled_ms === null) return undefined;
    return { enrolledMs: row.enrolled_ms, disabled: row.disabled_ms !== null };
  }

  /** Lets a gateway in no more (its records stay), or lets it in again. @throws {MingchengError} GATEWAY_UNKNOWN */
  setDisabled(gw: string, disabled: boolean, nowMs: number): void {
    const changed = this.#database
      .prepare("UPDATE gateway SET disabled_ms = ? WHERE gw = ?")
      .run(disabled ? nowMs : null, gw).changes;
    if (changed === 0) throw new MingchengError("GATEWAY_UNKNOWN", gw, { field: "gateway" });
  }

  key(gw: string, kid: string): RegisteredKey | undefined {
    const row = this.#database.prepare("SELECT * FROM gateway_key WHERE gw = ? AND kid = ?").get(gw, kid);
    return row === undefined ? undefined : this.#keyOf(gw, row as KeyRow);
  }

  /** @throws {MingchengError} GATEWAY_UNKNOWN */
  gateway(gw: string): RegisteredGateway {
    const row = this.#row(gw);
    if (row === undefined) throw new MingchengError("GATEWAY_UNKNOWN", gw, { field: "gateway" });
    return this.#withKeys(row);
  }

  gateways(): RegisteredGateway[] {
    const rows = this.#database.prepare("SELECT * FROM gateway ORDER BY gw").all() as GatewayRow[];
    return rows.map((row) => this.#withKeys(row));
  }

  #row(gw: string): GatewayRow | undefined {
    return this.#database.prepare("SELECT * FROM gateway WHERE gw = ?").get(gw) as GatewayRow | undefined;
  }

  #keyOf(gw: string, { kid, public_key, since_ms }: KeyRow): RegisteredKey {
    return {
      kid,
      publicKey: new Uint8Array(public_key),
      since: new Date(since_ms).toISOString(),
      revokedFrom: this.#decisions.revokedFrom(gw, kid),
    };
  }

  #withKeys(row: GatewayRow): RegisteredGateway {
    const keys = this.#database.prepare("SELECT * FROM gateway_key WHERE gw = ? ORDER BY since_ms, kid").all(row.gw);
    return {
      gw: row.gw,
      site: row.site,
      createdAt: new Date(row.created_ms).toISOString(),
      enrolledAt: isoOrNull(row.enrolled_ms),
      disabledAt: isoOrNull(row.disabled_ms),
      keys: (keys as KeyRow[]).map((key) => this.#keyOf(row.gw, key)),
    };
  }
}
