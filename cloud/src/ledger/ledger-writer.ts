import {
  type CryptoPort,
  encodeSigned,
  goneSchema,
  parseSigned,
  type SignedTag,
  type Signer,
  type State,
  signedTags,
  signedVerifies,
  stateSchema,
  toHex,
} from "@mingcheng/protocols";
import {
  busy,
  damagedPayload,
  type GatewayKey,
  type IngestOutcome,
  ingestBatch,
  ingestGone,
  ingestKeys,
  ingestState,
  withoutNews,
} from "@mingcheng/protocols/ingest";
import type { z } from "zod";
import { isStoreFault, type SqliteDatabase } from "../store/database.ts";
import type { LedgerAnswer, LedgerMessage } from "./ledger-port.ts";
import type { SqliteLedger } from "./sqlite-ledger.ts";

/** What signing an answer takes. */
export interface AnswerPorts {
  /** The centre's receipt key. */
  readonly signer: Signer;
  /** Centre's clock, milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Uniform in [0, 1): spreads the gateways that are told to come back. */
  readonly random: () => number;
}

/** What the writer works with. */
export interface LedgerWriterOptions extends AnswerPorts {
  readonly database: SqliteDatabase;
  readonly ledger: SqliteLedger;
  readonly crypto: CryptoPort;
  /** Something is wrong with the store, or a rule of ours broke on a message. */
  onFault(fault: { readonly error: unknown; readonly message: LedgerMessage | null }): void;
}

/** A message decided but not yet committed. */
interface Decision extends IngestOutcome {
  readonly outcome: LedgerAnswer["outcome"];
  readonly state: State | null;
}

/** A gateway is asked to come back after so long, and up to as long again, when the store cannot take anything. */
const busyForMs = 5_000;
/** The longest rest that a gateway takes (PROTOCOL §5). */
const maxBusyMs = 300_000;

/** A key we do not know is not a bad signature: the gateway is asked for its key log. */
const unknownKey = (kid: string): Decision => {
  const reason = `unknown key ${kid}`;
  const answers: Decision["answers"] = [{ v: 1, type: "retry", payload: null, afterMs: 2_000, wantKeys: true, reason }];
  return { effects: [], answers, outcome: "refused", state: null };
};

/** Builds the signed answers to one gateway. */
const downlinksOf = ({ signer, nowMs }: AnswerPorts, gw: string, answers: IngestOutcome["answers"]): Uint8Array[] => {
  const at = new Date(nowMs()).toISOString();
  return answers.map((draft) => encodeSigned(signedTags.receipt, gw, { ...draft, at }, signer));
};

/** Answer to a message that is not stored now: come back in `forMs` (5 minutes at most) to twice that. */
export const busyAnswer = (
  options: AnswerPorts,
  message: Pick<LedgerMessage, "gw"> & { readonly payloadHash?: string },
  reason: string,
  forMs = busyForMs,
): LedgerAnswer => {
  const afterMs = Math.min(maxBusyMs, forMs * (1 + options.random()));
  const { answers } = busy(message.payloadHash ?? null, afterMs, reason);
  const downlinks = downlinksOf(options, message.gw, answers);
  return { outcome: "busy", downlinks, clearStates: [], state: null, records: 0, quarantined: 0 };
};

/**
 * Takes messages into the ledger: a group in one transaction, each answered only when that is on disk. What the store
 * cannot take is answered `busy`, and no message can hold up the others.
 */
export class LedgerWriter {
  readonly #options: LedgerWriterOptions;

  constructor(options: LedgerWriterOptions) {
    this.#options = options;
  }

  /** Takes a group; the answers stand in the order of the messages. Never throws. */
  take(messages: readonly LedgerMessage[]): LedgerAnswer[] {
    try {
      return this.#commit(messages);
    } catch (error) {
      this.#options.ledger.forget();
      const only = messages.length === 1 ? messages[0] : undefined;
      if (isStoreFault(error) || only !== undefined) {
        this.#options.onFault({ error, message: only ?? null });
        const reason = isStoreFault(error) ? "the store cannot take anything now" : "the message could not be stored";
        return messages.map((message) => busyAnswer(this.#options, message, reason));
      }
      return messages.flatMap((message) => this.take([message]));
    }
  }

  #commit(messages: readonly LedgerMessage[]): LedgerAnswer[] {
    const { database, ledger, nowMs } = this.#options;
    const decide = database.transaction(() => {
      ledger.begin(nowMs());
      return messages.map((message) => {
        const decision = this.#decide(message);
        ledger.apply(decision.effects);
        return decision;
      });
    });
    const decisions = decide.immediate();
    ledger.committed();
    return decisions.map((decision, index) => this.#answer(messages[index] as LedgerMessage, decision));
  }

  #answer({ gw }: LedgerMessage, { effects, answers, outcome, state }: Decision): LedgerAnswer {
    let records = 0;
    let quarantined = 0;
    const clearStates: string[] = [];
    for (const effect of effects) {
      if (effect.type === "store" || effect.type === "fill-bytes") records++;
      else if (effect.type === "quarantine") quarantined += effect.items.length;
      else if (effect.type === "clear-state") clearStates.push(effect.line.eid);
    }
    return { outcome, downlinks: downlinksOf(this.#options, gw, answers), clearStates, state, records, quarantined };
  }

  #decide(message: LedgerMessage): Decision {
    const { ledger, crypto } = this.#options;
    switch (message.type) {
      case "batch": {
        const outcome = ingestBatch(ledger, crypto, message);
        const nack = outcome.answers.find((answer) => answer.type === "nack");
        if (nack === undefined) return { ...outcome, outcome: "stored", state: null };
        this.#keepDamaged(message, message.payloadHash, nack.reason);
        return { ...outcome, outcome: "damaged", state: null };
      }
      case "damaged":
        this.#keepDamaged(message, message.payloadHash, message.reason);
        return { ...damagedPayload(message.payloadHash, message.reason), outcome: "damaged", state: null };
      case "state": {
        const read = this.#readSigned(message, signedTags.state, stateSchema);
        if (!("value" in read)) return read;
        if (read.value.line.eid !== message.eid) return this.#refuse(message, "line.eid: not the topic's");
        const { gw } = message;
        const state = read.key.revokedFrom === null ? read.value : withoutNews(ledger, gw, read.value);
        const { witness, lines } = state;
        ledger.noteRestore(gw, witness?.gen ?? null, lines);
        const outcome = ingestState(ledger, { gw, state });
        return { ...outcome, outcome: "stored", state };
      }
      case "gone": {
        const read = this.#readSigned(message, signedTags.gone, goneSchema);
        if (!("value" in read)) return read;
        return { ...ingestGone(ledger, { gw: message.gw, gone: read.value }), outcome: "stored", state: null };
      }
      case "keys": {
        const { fault, ...outcome } = ingestKeys(ledger, crypto, message);
        if (fault !== null) this.#keepDamaged(message, toHex(crypto.sha256(message.payload)), `keys: ${fault}`);
        return { ...outcome, outcome: fault === null ? "stored" : "refused", state: null };
      }
    }
  }

  /** Takes a signed message apart and checks it, or decides what becomes of it. */
  #readSigned<Value>(
    message: LedgerMessage & { readonly type: "state" | "gone" },
    tag: SignedTag,
    schema: z.ZodType<Value>,
  ): { readonly value: Value; readonly key: GatewayKey } | Decision {
    const { ledger, crypto } = this.#options;
    const { gw, payload } = message;
    const signed = parseSigned(payload);
    if (signed === undefined) return this.#refuse(message, "form: not a signed message");
    const key = ledger.key(gw, signed.kid);
    if (key === undefined) return unknownKey(signed.kid);
    if (!signedVerifies(crypto, key.publicKey, tag, gw, signed)) {
      return this.#refuse(message, "signature: does not verify");
    }
    const parsed = schema.safeParse(signed.value);
    if (parsed.success) return { value: parsed.data, key };
    const issue = parsed.error.issues[0];
    return this.#refuse(message, `${issue?.path.join(".") ?? message.type}: ${issue?.message ?? "invalid"}`);
  }

  #refuse(message: LedgerMessage, reason: string): Decision {
    const hash = toHex(this.#options.crypto.sha256(message.payload));
    this.#keepDamaged(message, hash, `${message.type}: ${reason}`);
    return { effects: [], answers: [], outcome: "refused", state: null };
  }

  #keepDamaged({ gw, payload }: LedgerMessage, hash: string, reason: string): void {
    this.#options.ledger.quarantine.keepDamaged(gw, payload, hash, reason, this.#options.nowMs());
  }
}
