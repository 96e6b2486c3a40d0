import { gzipSync } from "node:zlib";
import {
  type CryptoPort,
  downlinkSchema,
  encodeBatch,
  encodeSigned,
  gzipAboveBytes,
  type Line,
  parseSigned,
  type RecordTime,
  type Signer,
  type State,
  sealAt,
  signedTags,
  signedVerifies,
  toHex,
  topics,
} from "@mingcheng/protocols";
import { type UplinkEffect, type UplinkInput, UplinkMachine } from "@mingcheng/protocols/link";
import { MemoryOutbox, type RecordDraft } from "./memory-outbox.ts";

/** What a load gateway needs of its connection: publish with QoS 1, fail when the connection goes. */
export interface LoadConnection {
  publish(topic: string, payload: Uint8Array, options: { readonly retain: boolean }): Promise<void>;
}

/** Time as a load gateway needs it. */
export interface LoadClock {
  /** Monotonic milliseconds. */
  nowMs(): number;
  /** Local time with offset, ISO 8601, milliseconds. */
  wall(): string;
  /** Runs `task` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, task: () => void): () => void;
}

/** What {@link LoadGateway} needs. */
export interface LoadGatewayOptions {
  readonly line: Line;
  readonly signer: Signer;
  /** Raw 32-octet public key of the centre's receipts. */
  readonly receiptKey: Uint8Array;
  readonly crypto: CryptoPort;
  readonly clock: LoadClock;
  readonly random: () => number;
  /** So many random octets in hexadecimal. */
  randomHex(octets: number): string;
  /** Records up to `last` became receipted: the centre has committed them. */
  readonly onReceipted?: (last: number, pending: number) => void;
  readonly onRefused?: (reason: string) => void;
  /** Keeps the bytes of receipted records, as a gateway does for 30 days; default: they are dropped to save memory. */
  readonly keepReceipted?: boolean;
}

/**
 * The gateway's end of the record protocol without a disk and without devices: the real uplink machine, real batches,
 * seals and signatures, over whatever connection it is given. For load on the centre, never for measuring a gateway.
 */
export class LoadGateway {
  readonly outbox: MemoryOutbox;
  private readonly options: LoadGatewayOptions;
  private readonly machine: UplinkMachine;
  private connection: LoadConnection | null = null;
  private cancelWake: (() => void) | null = null;
  private commitFrom = 1;
  /** Everything up to here is receipted, as far as {@link LoadGatewayOptions.onReceipted} was told. */
  private receiptedTo = 0;

  constructor(options: LoadGatewayOptions) {
    this.options = options;
    const { line, crypto } = options;
    this.outbox = new MemoryOutbox({ line, crypto, newSalt: () => options.randomHex(16) });
    this.append(
      {
        dev: line.gw,
        kind: "epoch",
        body: { predecessor: null, reason: "start", software: { name: "mingcheng-sims load", version: "1" } },
        raw: "",
      },
      false,
    );
    this.machine = new UplinkMachine({
      line,
      inventory: [{ ep: line.ep, eid: line.eid, head: 0, held: [], freed: [], urgent: [] }],
      random: options.random,
      newNonce: () => options.randomHex(8),
    });
    this.commit([]);
  }

  /** Appends one record; it is sent after the next {@link commit}. Returns its sequence number. */
  append(draft: RecordDraft, commitNow = true, urgent = false): number {
    const seq = this.outbox.append(draft, this.time());
    if (commitNow) this.commit(urgent ? [seq] : []);
    return seq;
  }

  /** Hands everything appended since the last commit to the uplink. */
  commit(urgent: readonly number[]): void {
    const first = this.commitFrom;
    const last = this.outbox.head;
    if (last < first) return;
    this.commitFrom = last + 1;
    this.step({ type: "committed", first, last, urgent });
  }

  /** The broker accepted us. */
  connected(connection: LoadConnection): void {
    this.connection = connection;
    this.step({ type: "connected" });
  }

  disconnected(): void {
    this.connection = null;
    this.step({ type: "disconnected" });
  }

  /** A payload of the receipt topic. Anything that is not signed by the centre is ignored and reported. */
  receive(payload: Uint8Array): void {
    const { crypto, receiptKey, line, onRefused } = this.options;
    const message = parseSigned(payload);
    if (message === undefined || !signedVerifies(crypto, receiptKey, signedTags.receipt, line.gw, message)) {
      onRefused?.("an answer is not signed by the centre");
      return;
    }
    const parsed = downlinkSchema.safeParse(message.value);
    if (!parsed.success) {
      onRefused?.("an answer does not parse");
      return;
    }
    const { data } = parsed;
    if (data.type === "nack" || data.type === "retry") onRefused?.(`${data.type}: ${data.reason}`);
    if (data.type === "receipt" && data.disputed.length > 0) onRefused?.("disputed");
    this.step({ type: "downlink", message: data });
  }

  stats(): ReturnType<UplinkMachine["stats"]> {
    return this.machine.stats();
  }

  /** The will, and the last word of a clean end. */
  farewell(): Uint8Array {
    return this.stateMessage({ nonce: this.options.randomHex(8), lines: [], witness: null }, false);
  }

  close(): void {
    this.cancelWake?.();
    this.connection = null;
  }

  private time(): RecordTime {
    return {
      wall: this.options.clock.wall(),
      mono_ms: this.options.clock.nowMs(),
      boot: "load",
      sync: "ntp",
      err_ms: 50,
    };
  }

  private step(input: UplinkInput): void {
    const { clock } = this.options;
    for (const effect of this.machine.step(input, clock.nowMs())) this.perform(effect);
    this.cancelWake?.();
    const wakeMs = this.machine.nextWakeMs(clock.nowMs());
    this.cancelWake =
      wakeMs === null ? null : clock.after(Math.max(0, wakeMs - clock.nowMs()), () => this.step({ type: "tick" }));
  }

  private perform(effect: UplinkEffect): void {
    switch (effect.type) {
      case "send":
        this.send(effect);
        return;
      case "state":
        this.publish(topics.state(this.options.line.gw, this.options.line.eid), this.stateMessage(effect, true), true);
        return;
      case "prove": {
        const ranges = effect.ranges.filter(({ to, h }) => this.outbox.hashAt(to) === h);
        queueMicrotask(() => this.step({ type: "proven", id: effect.id, ranges }));
        return;
      }
      case "marks-changed":
        this.releaseReceipted();
        return;
      case "gone":
      case "keys":
        // Nothing is ever lost here, and the key is the one of the enrolment.
        return;
    }
  }

  private send(effect: UplinkEffect & { type: "send" }): void {
    const { line, signer, crypto, clock } = this.options;
    const batch = this.outbox.batch(effect.first, effect.maxLast);
    if (batch === undefined || this.connection === null) {
      const { releasedTo } = this.outbox;
      const lost = batch === undefined && effect.first <= releasedTo ? { from: effect.first, to: releasedTo } : null;
      queueMicrotask(() => this.step({ type: "send-failed", id: effect.id, lost }));
      return;
    }
    const plain = encodeBatch(
      crypto.sha256,
      {
        v: 1,
        gw: line.gw,
        line: effect.line,
        first: effect.first,
        count: batch.items.length,
        prev: toHex(batch.prev),
        seal: sealAt(signer, line, batch.last, batch.h, clock.wall()),
        sender: { ep: line.ep, eid: line.eid },
        witness: effect.witness,
        lane: effect.lane,
      },
      batch.items,
    );
    const payload = plain.length > gzipAboveBytes ? gzipSync(plain, { level: 1 }) : plain;
    const sent: UplinkInput = {
      type: "sent",
      id: effect.id,
      last: batch.last,
      h: toHex(batch.h),
      bytes: payload.length,
      payload: toHex(crypto.sha256(payload)),
    };
    this.publish(topics.records(line.gw), payload, false);
    queueMicrotask(() => this.step(sent));
  }

  private publish(topic: string, payload: Uint8Array, retain: boolean): void {
    // A publish that fails ends with the connection, and the machine hears of that.
    this.connection?.publish(topic, payload, { retain }).catch(() => undefined);
  }

  private stateMessage(
    core: Pick<UplinkEffect & { type: "state" }, "nonce" | "lines" | "witness">,
    online: boolean,
  ): Uint8Array {
    const { line, signer, clock } = this.options;
    const state: State = {
      v: 1,
      nonce: core.nonce,
      line: { ep: line.ep, eid: line.eid },
      online,
      lines: [...core.lines],
      keyHead: null,
      cseq: 0,
      config: 0,
      witness: core.witness,
      alarms: [],
      wall: clock.wall(),
    };
    return encodeSigned(signedTags.state, line.gw, state, signer);
  }

  private releaseReceipted(): void {
    const { line } = this.options;
    if (this.options.keepReceipted !== true) {
      this.outbox.release((from, to) => this.machine.freeable(line, from, to) === "receipted");
    }
    const { head } = this.outbox;
    let last = this.receiptedTo;
    while (last < head && this.machine.freeable(line, last + 1, last + 1) === "receipted") last++;
    if (last === this.receiptedTo) return;
    this.receiptedTo = last;
    this.options.onReceipted?.(last, this.machine.stats().pending);
  }
}
