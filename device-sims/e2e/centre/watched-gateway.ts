import { randomBytes } from "node:crypto";
import { type Downlink, downlinkSchema, type Line, parseSigned, recordDigest, toHex } from "@mingcheng/protocols";
import type { Enrolled } from "../../src/load/enrol.ts";
import { connectLoadGateway, type RunningConnection } from "../../src/load/load-connection.ts";
import { type LoadClock, LoadGateway } from "../../src/load/load-gateway.ts";
import { nodeCrypto } from "../../src/load/node-crypto.ts";

/** A range that the centre has receipted, and when that became known here. */
export interface ReceiptedRange {
  readonly from: number;
  readonly to: number;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** How a watched gateway differs from a good one on a good network. */
export interface Habits {
  /** Every payload goes out so often; default once. */
  readonly times?: number;
}

/** A load gateway that remembers what it captured and what was receipted: the oracle's truth about one line. */
export interface WatchedGateway {
  readonly enrolled: Enrolled;
  readonly line: Line;
  readonly gateway: LoadGateway;
  /** Digest of record `seq` in hexadecimal, at `seq - 1`. */
  readonly digests: readonly string[];
  /** Every range of every receipt, whether it counts for the gateway or not. */
  readonly receipted: readonly ReceiptedRange[];
  /** Every answer, in order. */
  readonly answers: readonly Downlink[];
  /** Captures `count` records in one commit. */
  capture(count: number): void;
  connect(): Promise<void>;
  isConnected(): boolean;
  /** Connections so far. */
  connections(): number;
  /** Records captured that no receipt counts for yet. */
  pending(): number;
  /** True when everything captured is receipted. */
  settled(): boolean;
  close(): Promise<void>;
}

const clock: LoadClock = {
  nowMs: () => performance.now(),
  wall: () => new Date().toISOString(),
  after: (delayMs, task) => {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};

const weighing = (grams: number) => ({
  dev: "scale-1",
  kind: "weighing",
  body: {
    protocol: "mt-continuous",
    value: String(grams),
    unit: "g",
    grams: String(grams),
    mode: "net",
    stable: "reported-stable",
    tare: null,
    tareGrams: null,
    settling: { samples: 5, durationMs: 400, rule: "reported" },
  },
  raw: Buffer.from(`,+ ${grams} g\r\n`).toString("base64"),
});

/** A gateway on a line of its own, not connected yet. */
export const watchGateway = (enrolled: Enrolled, { times = 1 }: Habits = {}): WatchedGateway => {
  const line: Line = { gw: enrolled.gw, ep: 1, eid: randomBytes(16).toString("hex") };
  const digests: string[] = [];
  const receipted: ReceiptedRange[] = [];
  const answers: Downlink[] = [];
  let settledTo = 0;
  const gateway = new LoadGateway({
    line,
    signer: enrolled.signer,
    receiptKey: enrolled.receiptKey,
    crypto: nodeCrypto,
    clock,
    random: Math.random,
    randomHex: (octets) => randomBytes(octets).toString("hex"),
    keepReceipted: true,
    onReceipted: (last) => {
      settledTo = last;
    },
  });
  const remember = () => {
    const batch = gateway.outbox.batch(digests.length + 1, gateway.outbox.head);
    for (const item of batch?.items ?? []) {
      if ("bytes" in item) digests.push(toHex(recordDigest(nodeCrypto.sha256, item.bytes)));
    }
    if (digests.length < gateway.outbox.head) remember();
  };
  remember();
  const note = (payload: Uint8Array) => {
    const answer = downlinkSchema.safeParse(parseSigned(payload)?.value);
    if (!answer.success) return;
    answers.push(answer.data);
    const { data } = answer;
    const atMs = Date.now();
    const ranges =
      data.type === "receipt" && data.line.eid === line.eid
        ? data.ranges
        : data.type === "full"
          ? data.lines.filter(({ eid }) => eid === line.eid).flatMap(({ ranges: held }) => held)
          : [];
    for (const [from, to] of ranges) receipted.push({ from, to, atMs });
  };
  const receive = gateway.receive.bind(gateway);
  gateway.receive = (payload) => {
    note(payload);
    receive(payload);
  };
  let online = false;
  let connections = 0;
  const connected = gateway.connected.bind(gateway);
  gateway.connected = (connection) => {
    online = true;
    connections++;
    connected({
      publish: async (...message) => {
        for (let time = 1; time < times; time++) connection.publish(...message).catch(() => undefined);
        await connection.publish(...message);
      },
    });
  };
  const disconnected = gateway.disconnected.bind(gateway);
  gateway.disconnected = () => {
    online = false;
    disconnected();
  };
  let connection: RunningConnection | undefined;
  return {
    enrolled,
    line,
    gateway,
    digests,
    receipted,
    answers,
    capture: (count) => {
      for (let each = 0; each < count; each++) gateway.append(weighing(100 + each), false);
      remember();
      gateway.commit([]);
    },
    connect: async () => {
      connection = connectLoadGateway(gateway, { ...enrolled.access, reconnectAfterMs: 50 });
      await connection.established;
    },
    isConnected: () => online,
    connections: () => connections,
    pending: () => gateway.outbox.head - settledTo,
    settled: () => settledTo === gateway.outbox.head,
    close: async () => connection?.close(),
  };
};
