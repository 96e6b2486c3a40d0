import { createHash } from "node:crypto";
import type { ChannelPorts, Inbound, Reply } from "../channel.ts";
import { mainlandNumber } from "../sms/phone.ts";
import { callTencent, type TencentAccess, type TencentReply } from "./tencent-api.ts";

/** How replies are fetched. */
export interface ReplyPollingOptions {
  readonly channel: string;
  readonly access: TencentAccess;
  readonly appId: string;
  readonly everyMs: number;
  readonly ports: Pick<ChannelPorts, "log" | "later">;
}

const mostAtOnce = 100;
const mostWaitMs = 10 * 60_000;

const replyOf = ({ PhoneNumber, ReplyContent, ReplyTime }: TencentReply): Reply => ({
  id: createHash("sha256")
    .update(JSON.stringify([PhoneNumber, ReplyTime, ReplyContent]))
    .digest("hex")
    .slice(0, 32),
  phone: mainlandNumber(PhoneNumber) ?? PhoneNumber,
  text: ReplyContent,
  atMs: ReplyTime * 1_000,
});

/**
 * Fetches replies with PullSmsReplyStatus, which hands out each one once: what the centre cannot store now is kept and
 * offered again before anything else is fetched. What was fetched when the process is killed is lost on this path.
 */
export class ReplyPolling {
  readonly #options: ReplyPollingOptions;
  readonly #stop = new AbortController();
  readonly #kept: Reply[] = [];
  #inbound: Inbound | undefined;
  #cancel: (() => void) | undefined;
  #turn: Promise<void> | undefined;
  #failures = 0;

  constructor(options: ReplyPollingOptions) {
    this.#options = options;
  }

  /** Begins to fetch; a further call only says who takes replies from now on. */
  listen(inbound: Inbound): void {
    const begun = this.#inbound !== undefined;
    this.#inbound = inbound;
    if (!begun) this.#schedule(0);
  }

  #schedule(afterMs: number): void {
    if (this.#stop.signal.aborted) return;
    this.#cancel = this.#options.ports.later(() => {
      this.#turn = this.#fetch();
    }, afterMs);
  }

  async #fetch(): Promise<void> {
    const more = this.#deliver() && (await this.#pull());
    this.#deliver();
    const { everyMs } = this.#options;
    this.#schedule(more ? 0 : Math.min(everyMs * 2 ** Math.min(this.#failures, 10), mostWaitMs));
  }

  /** True when more may be waiting at the provider. */
  async #pull(): Promise<boolean> {
    const { access, appId } = this.#options;
    const parameters = { Limit: mostAtOnce, SmsSdkAppId: appId };
    const answer = await callTencent(access, "PullSmsReplyStatus", parameters, this.#stop.signal);
    const said = answer.type === "said" ? answer.said : undefined;
    if (said === undefined || (said.Error ?? null) !== null) {
      this.#fail(said?.Error?.Code ?? (answer.type === "nothing" ? answer.delivery.outcome : "no answer"));
      return false;
    }
    this.#failures = 0;
    const replies = said.PullSmsReplyStatusSet;
    this.#kept.push(...replies.map(replyOf));
    return replies.length >= mostAtOnce;
  }

  #fail(reason: string): void {
    this.#failures++;
    if (this.#failures > 1 || this.#stop.signal.aborted) return;
    this.#options.ports.log.warn({ channel: this.#options.channel, reason }, "replies cannot be fetched");
  }

  /** True when nothing is kept any more. */
  #deliver(): boolean {
    while (this.#kept[0] !== undefined) {
      try {
        this.#inbound?.onReply(this.#kept[0]);
      } catch (error) {
        this.#options.ports.log.warn({ err: error, channel: this.#options.channel }, "a reply is offered again");
        return false;
      }
      this.#kept.shift();
    }
    return true;
  }

  /** Stops fetching; resolves when nothing is under way. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#cancel?.();
    await this.#turn;
  }
}
