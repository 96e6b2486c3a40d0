import { EventEmitter } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import type { Channel, ChannelPorts, Delivery, DeliveryReceipt, Outgoing, Reply } from "../src/channels/channel.ts";
import { type ChannelSettings, channelPorts, openChannels } from "../src/channels/index.ts";
import { shortMessage } from "../src/channels/message.ts";
import type { NotificationBody } from "../src/channels/notification.ts";
import { type AcceptedMessage, SimulatedProviders } from "./simulated-providers.ts";

export const hour = 3_600_000;

/** What a test says of a message; left out: an alert to the test's own number. */
type Said = Partial<Outgoing> & { readonly id?: string };

const outgoing = (id: string, phone: string, said: Said): Outgoing => {
  const body = {
    ...{ v: 1, id, status: "firing", reason: "condition-met", at: "2026-11-25T06:05:00.000Z" },
    alert: {
      ...{ id: "3c9f", severity: "attention", gw: "market-a", dev: "tester-1", owner: "li", late: false },
      ...{ title: { zh: "快检阳性", en: "Positive" }, next: { zh: "复检", en: "Test again" }, labels: {} },
    },
  } as unknown as NotificationBody;
  const message = shortMessage("alert", {
    ...{ level: "关注", site: "松柏市场", subject: "快检阳性韭菜", time: "14:05", code: "7431" },
  });
  const recipient = { officer: "li", phone: `+86 ${phone}` };
  const fresh = { attempt: 1, mayHaveIt: false } as const;
  return { body, json: JSON.stringify(body), message, ...fresh, recipient, ...said };
};

/** Channels of the centre against simulated providers in a process of their own. Each test has a number to itself. */
export class ChannelsUnderTest {
  directory = "";
  /** How far the centre's clock is ahead of the providers'. */
  centreAheadMs = 0;
  /** Counts tests. */
  number = 0;
  #providers: SimulatedProviders | undefined;
  #aheadMs = 0;
  readonly #opened: Channel[] = [];

  /** Call at the top of a test file. */
  constructor() {
    beforeAll(async () => {
      this.directory = mkdtempSync(join(tmpdir(), "mc-providers-"));
      this.#providers = await SimulatedProviders.start(this.directory);
    });
    afterAll(async () => {
      await this.#providers?.stop();
      rmSync(this.directory, { recursive: true });
    });
    beforeEach(async () => {
      this.number++;
      await this.providers.behave({ receiptDelayMs: 0 });
    });
    afterEach(async () => {
      for (const channel of this.#opened.splice(0)) await channel.close?.();
    });
  }

  get providers(): SimulatedProviders {
    if (this.#providers === undefined) throw new Error("only inside a test");
    return this.#providers;
  }

  get phone(): string {
    return `139${String(this.number).padStart(8, "0")}`;
  }

  /** The centre's clock. */
  nowMs(): number {
    return Date.now() + this.#aheadMs + this.centreAheadMs;
  }

  ports(log = pino({ level: "silent" })): ChannelPorts {
    return { ...channelPorts(log), nowMs: () => this.nowMs() };
  }

  /** Opens a channel with the simulator's settings, changed; it is closed after the test. */
  async open(
    type: ChannelSettings["type"],
    changes: Readonly<Record<string, unknown>> = {},
    log?: pino.Logger,
  ): Promise<Channel> {
    const [channel] = await openChannels([this.providers.settings(type, changes)], this.ports(log));
    if (channel === undefined) throw new Error("no channel");
    this.#opened.push(channel);
    return channel;
  }

  /** Sets the clocks of both sides forward. */
  async pass(ms: number): Promise<void> {
    this.#aheadMs += ms;
    await this.providers.advance(ms);
  }

  /** One attempt. */
  send(channel: Channel, said: Said = {}): Promise<Delivery> {
    return channel.send(outgoing(said.id ?? `n-${this.number}`, this.phone, said), new AbortController().signal);
  }

  /** What the test's own telephone shows. */
  async shown(): Promise<readonly AcceptedMessage[]> {
    return (await this.providers.messages()).filter(({ phone }) => phone === this.phone);
  }
}

/** Takes what comes back, and fails as often as it is told to. */
export class Inbox extends EventEmitter {
  readonly receipts: DeliveryReceipt[] = [];
  readonly replies: Reply[] = [];
  failures = 0;

  #take<Item>(kind: string, list: Item[], item: Item): void {
    if (this.failures > 0) {
      this.failures--;
      throw new Error("SQLITE_BUSY");
    }
    list.push(item);
    this.emit(kind);
  }

  onReceipt(receipt: DeliveryReceipt): void {
    this.#take("receipt", this.receipts, receipt);
  }

  onReply(reply: Reply): void {
    this.#take("reply", this.replies, reply);
  }
}

/** Settings under which channels ask ten times a second. */
export const quick = { aliyun: { receiptPollMs: 100 }, tencent: { pollMs: 100 } };
