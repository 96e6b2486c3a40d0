import { parseSigned, signedTags, signedVerifies } from "@mingcheng/protocols";
import { type Ack, ackSchema } from "@mingcheng/protocols/commands";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import type { RegisteredKey } from "../register/gateway-register.ts";
import { gatewayWithKeys } from "../register/key-history.ts";
import type { SqliteDatabase } from "../store/database.ts";

/** A gateway's answer, verified; or why it is none. */
export type ReadAck = { readonly ack: Ack } | { readonly refused: string };

/** Keys are looked up anew after so long: a gateway that floods costs no look-up each time. */
const keysKeptMs = 2_000;
const maxAckBytes = 16 * 1024;

/** Reads answers of gateways, signed by a key of theirs that is not revoked. */
export class AckReader {
  readonly #register: SqliteDatabase;
  readonly #dataDirectory: string;
  readonly #nowMs: () => number;
  readonly #keys = new Map<string, { readonly untilMs: number; readonly keys: readonly RegisteredKey[] }>();

  constructor(register: SqliteDatabase, dataDirectory: string, nowMs: () => number) {
    this.#register = register;
    this.#dataDirectory = dataDirectory;
    this.#nowMs = nowMs;
  }

  /** @throws {MingchengError} GATEWAY_UNKNOWN; SqliteError while the register or ledger cannot be read */
  read(gw: string, payload: Uint8Array): ReadAck {
    if (payload.length > maxAckBytes) return { refused: `${payload.length} bytes` };
    const signed = parseSigned(payload);
    if (signed === undefined) return { refused: "not a signed message" };
    const key = this.#keysOf(gw).find(({ kid }) => kid === signed.kid);
    if (key === undefined) return { refused: `signed by ${signed.kid}, which is no key of ${gw}` };
    if (key.revokedFrom !== null) return { refused: `signed by ${signed.kid}, which is revoked` };
    if (!signedVerifies(nodeCrypto, key.publicKey, signedTags.ack, gw, signed)) {
      return { refused: "the signature does not verify" };
    }
    const parsed = ackSchema.safeParse(signed.value);
    if (parsed.success) return { ack: parsed.data };
    return { refused: `${parsed.error.issues[0]?.path.join(".") ?? "body"}: not as expected` };
  }

  #keysOf(gw: string): readonly RegisteredKey[] {
    const nowMs = this.#nowMs();
    const known = this.#keys.get(gw);
    if (known !== undefined && known.untilMs > nowMs) return known.keys;
    const { keys } = gatewayWithKeys(this.#register, this.#dataDirectory, gw);
    this.#keys.set(gw, { untilMs: nowMs + keysKeptMs, keys });
    return keys;
  }
}
