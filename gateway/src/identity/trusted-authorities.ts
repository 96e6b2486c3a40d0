import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type AuthoritiesMessage,
  authoritiesSchema,
  parseSigned,
  signedTags,
  signedVerifies,
} from "@mingcheng/protocols";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import { writeDurably } from "../disk/durable-file.ts";

/** Where the signed list is kept, exactly as it came. */
const fileName = "authorities.msg";

interface Log {
  info(detail: object, text: string): void;
  error(detail: object, text: string): void;
}

/** Whose list it is to be. */
export interface AuthoritiesOwner {
  /** Directory of keys and enrolment. */
  readonly directory: string;
  readonly gw: string;
  /** The centre's receipt key, pinned. */
  readonly receiptKey: Uint8Array;
  readonly log: Log;
}

const areAuthorities = ({ certificates }: AuthoritiesMessage): boolean =>
  certificates.every((pem) => {
    try {
      return new X509Certificate(pem).ca;
    } catch {
      return false;
    }
  });

/**
 * The authorities that the centre has named, signed, since the enrolment. What is on disk counts only as far as the pinned
 * key vouches for it.
 */
export class TrustedAuthorities {
  readonly #owner: AuthoritiesOwner;
  #list: AuthoritiesMessage | undefined;
  #storing: Promise<void> = Promise.resolve();

  private constructor(owner: AuthoritiesOwner, list: AuthoritiesMessage | undefined) {
    this.#owner = owner;
    this.#list = list;
  }

  /** Reads what was learnt before; nothing when there is no list, or none that verifies. Never rejects. */
  static async open(owner: AuthoritiesOwner): Promise<TrustedAuthorities> {
    return new TrustedAuthorities(owner, await TrustedAuthorities.#read(owner));
  }

  static async #read({ directory, gw, receiptKey }: AuthoritiesOwner): Promise<AuthoritiesMessage | undefined> {
    let payload: Uint8Array;
    try {
      payload = await readFile(join(directory, fileName));
    } catch {
      return undefined;
    }
    const signed = parseSigned(payload);
    if (signed === undefined || !signedVerifies(nodeCrypto, receiptKey, signedTags.receipt, gw, signed))
      return undefined;
    const parsed = authoritiesSchema.safeParse(signed.value);
    return parsed.success && areAuthorities(parsed.data) ? parsed.data : undefined;
  }

  /** What to trust: the list when there is one; beside it the enrolment's own authority when that is younger. */
  list(enrolled: { readonly caPem: string; readonly at: string }): readonly string[] {
    const known = this.#list;
    if (known === undefined) return [enrolled.caPem];
    const isEnrolledLater = Date.parse(enrolled.at) > Date.parse(known.at);
    return isEnrolledLater ? [enrolled.caPem, ...known.certificates] : known.certificates;
  }

  /** Takes over a verified list that is newer than the one at hand: trusted at once, and stored. */
  learn(payload: Uint8Array, message: AuthoritiesMessage): void {
    if (message.n <= (this.#list?.n ?? 0) || !areAuthorities(message)) return;
    this.#list = message;
    const { directory, log } = this.#owner;
    const text = Buffer.from(payload).toString("utf8");
    this.#storing = this.#storing
      .then(() => writeDurably(join(directory, fileName), text))
      .then(
        () => log.info({ n: message.n, authorities: message.certificates.length }, "identity: authorities learnt"),
        (error: unknown) => log.error({ error: String(error) }, "identity: the authorities could not be stored"),
      );
  }

  /** Resolves when everything learnt is stored. */
  settled(): Promise<void> {
    return this.#storing;
  }
}
