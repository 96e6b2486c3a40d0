import { gunzipSync } from "node:zlib";
import {
  encodeSigned,
  type Gone,
  goneSchema,
  parseSigned,
  parseTopic,
  type Signer,
  type State,
  signedTags,
  signedVerifies,
  stateSchema,
  toHex,
  topics,
} from "@mingcheng/protocols";
import {
  type DownlinkDraft,
  type IngestOutcome,
  ingestBatch,
  ingestGone,
  ingestState,
  MemoryLedger,
} from "@mingcheng/protocols/ingest";
import { connectAsync, type MqttClient } from "mqtt";
import { nodeCrypto } from "../../src/crypto/node-crypto.ts";
import { generateSigningKey, signerFromPem } from "../../src/crypto/signing-key.ts";

/** One batch as it came in. */
export interface SeenBatch {
  readonly line: string;
  readonly first: number;
  readonly count: number;
  readonly lane: "live" | "backlog";
  readonly bytes: number;
}

/** What a test does to an answer before it goes down: once, twice, not at all, changed. */
export type AnswerFilter = (draft: DownlinkDraft, payload: Uint8Array) => readonly Uint8Array[];

/** Its password at the broker. */
export const centrePassword = "of-the-centre";

const asIs: AnswerFilter = (_draft, payload) => [payload];

/**
 * A centre of the protocol's own ingest functions and a ledger in memory behind a real broker, whose time, answers and
 * delays belong to the test.
 */
export class TestCentre {
  readonly receipts: Signer = signerFromPem(generateSigningKey());
  readonly states: State[] = [];
  readonly gone: Gone[] = [];
  readonly batches: SeenBatch[] = [];
  readonly live: { device: string; text: string }[] = [];
  /** States whose signature did not verify, and other things a gateway must not send. */
  readonly faults: string[] = [];
  ledger: MemoryLedger;
  answer: AnswerFilter = asIs;
  /** Awaited before each batch is looked at. */
  before: (batch: SeenBatch) => Promise<void> = async () => undefined;
  nowMs: () => number = () => Date.now();
  private readonly keys: { gw: string; signer: Signer }[] = [];
  private client: MqttClient | undefined;
  private watchers: (() => void)[] = [];

  constructor() {
    this.ledger = new MemoryLedger(nodeCrypto.sha256, "a".repeat(32));
  }

  know(gw: string, signer: Signer): void {
    this.keys.push({ gw, signer });
    this.ledger.addKey(gw, signer.kid, { publicKey: signer.publicKey, revokedFrom: null });
  }

  /** The ledger is gone; a new one with another generation takes its place. */
  loseLedger(gen: string): void {
    this.ledger = new MemoryLedger(nodeCrypto.sha256, gen);
    for (const { gw, signer } of this.keys) {
      this.ledger.addKey(gw, signer.kid, { publicKey: signer.publicKey, revokedFrom: null });
    }
  }

  async connect(port: number, ca: string, gw: string): Promise<void> {
    const client = await connectAsync(`mqtts://127.0.0.1:${port}`, {
      ca: [ca],
      username: "centre",
      password: centrePassword,
      protocolVersion: 4,
      reconnectPeriod: 50,
    });
    client.on("message", (topic, payload) => {
      this.take(topic, payload).catch((error: unknown) => this.faults.push(String(error)));
    });
    client.on("error", () => undefined);
    await client.subscribeAsync(
      ["rec", "state/+", "gone", "live/+"].map((tail) => `mc/v1/${gw}/${tail}`),
      { qos: 1 },
    );
    this.client = client;
  }

  async disconnect(): Promise<void> {
    await this.client?.endAsync(true);
    this.client = undefined;
  }

  /** Resolves when `isSo`, looked at when a batch comes in and after every message. */
  async when(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      await new Promise<void>((resolve) => {
        this.watchers.push(resolve);
      });
    }
  }

  /** Signs and publishes an answer, whatever it says. */
  async say(gw: string, body: object, signer: Signer = this.receipts, to: string = gw): Promise<void> {
    const payload = encodeSigned(signedTags.receipt, to, body, signer);
    await this.publishRaw(topics.receipt(gw), payload);
  }

  async publishRaw(topic: string, payload: Uint8Array): Promise<void> {
    await this.client?.publishAsync(topic, Buffer.from(payload), { qos: 1 });
  }

  /** How many records of the gateway are stored, and whether each exactly once with its bytes. */
  stored(gw: string): { records: number; whole: boolean } {
    const all = this.ledger.recordsOf(gw);
    const places = new Set(all.map(({ line, seq }) => `${line.eid}/${seq}`));
    return { records: all.length, whole: places.size === all.length && all.every(({ bytes }) => bytes !== null) };
  }

  private async take(topic: string, payload: Buffer): Promise<void> {
    const parsed = parseTopic(topic);
    if (parsed === undefined || payload.length === 0) return;
    const { gw } = parsed;
    if (parsed.channel === "rec") await this.takeBatch(gw, payload);
    else if (parsed.channel === "live") this.live.push({ device: parsed.device, text: payload.toString("utf8") });
    else if (parsed.channel === "state") {
      const state = stateSchema.parse(this.open(gw, signedTags.state, payload));
      if (state.line.eid !== parsed.eid) this.faults.push("a state on another line's topic");
      this.states.push(state);
      await this.finish(gw, ingestState(this.ledger, { gw, state }));
    } else if (parsed.channel === "gone") {
      const gone = goneSchema.parse(this.open(gw, signedTags.gone, payload));
      this.gone.push(gone);
      await this.finish(gw, ingestGone(this.ledger, { gw, gone }));
    }
    this.tellWatchers();
  }

  private tellWatchers(): void {
    for (const tell of this.watchers.splice(0)) tell();
  }

  private open(gw: string, tag: "mc-state-v1" | "mc-gone-v1", payload: Uint8Array): unknown {
    const signed = parseSigned(payload);
    const key = signed === undefined ? undefined : this.ledger.key(gw, signed.kid);
    if (signed === undefined || key === undefined || !signedVerifies(nodeCrypto, key.publicKey, tag, gw, signed)) {
      throw new Error(`${tag}: not signed by ${gw}`);
    }
    return signed.value;
  }

  private async takeBatch(gw: string, payload: Buffer): Promise<void> {
    const plain = payload[0] === 0x1f ? gunzipSync(payload) : payload;
    const header = JSON.parse(plain.subarray(0, plain.indexOf(0x0a)).toString("utf8"));
    const { first, count, lane, line } = header;
    const seen: SeenBatch = { line: line.eid, first, count, lane, bytes: payload.length };
    this.batches.push(seen);
    // A batch that is held back has been seen all the same.
    this.tellWatchers();
    await this.before(seen);
    const payloadHash = toHex(nodeCrypto.sha256(payload));
    await this.finish(gw, ingestBatch(this.ledger, nodeCrypto, { gw, payload: plain, payloadHash }));
  }

  private async finish(gw: string, { effects, answers }: IngestOutcome): Promise<void> {
    this.ledger.apply(effects);
    const at = new Date(this.nowMs()).toISOString();
    for (const draft of answers) {
      const payload = encodeSigned(signedTags.receipt, gw, { ...draft, at }, this.receipts);
      for (const sent of this.answer(draft, payload)) {
        await this.publishRaw(topics.receipt(gw), sent);
      }
    }
  }
}
