import type { Socket } from "node:net";
import type { ChannelPorts } from "../channel.ts";
import { PduSplitter } from "./pdu-splitter.ts";
import {
  bare,
  command,
  type DeliverFields,
  encodePdu,
  isResponse,
  type Pdu,
  readDeliver,
  responseTo,
} from "./smpp-pdu.ts";
import { status } from "./smpp-status.ts";

/** What became of a request. */
export type Answer =
  | { readonly type: "answered"; readonly status: number; readonly body: Uint8Array }
  /** It was handed to the network whole, and no answer came. */
  | { readonly type: "lost"; readonly reason: string }
  | { readonly type: "unsent"; readonly reason: string };

/** What a session works with. */
export interface SessionOptions {
  /** Connected; it belongs to the session from here on. */
  readonly socket: Socket;
  readonly ports: Pick<ChannelPorts, "later">;
  readonly timeoutMs: number;
  readonly enquireLinkMs: number;
  /** Takes what comes in; one at a time. False: the other side must send it again. Never rejects. */
  onDeliver(deliver: DeliverFields): Promise<boolean>;
  /** Something that the other side should not have sent. */
  onNonsense(what: string): void;
  /** The connection is over, once. */
  onEnd(reason: string): void;
}

interface Waiting {
  readonly id: number;
  readonly resolve: (answer: Answer) => void;
  readonly cancel: () => void;
}

const mostSequence = 0x7fffffff;
/** Incoming messages that wait for the one before; above, nothing more is read. */
const mostWaitingDelivers = 32;
const partingMs = 1_000;
/** Answers that the other side does not read. */
const mostUnsentBytes = 256 * 1024;

/**
 * One SMPP connection: pairs answers with requests, answers what is asked, notices a dead line. What comes in is answered
 * only when it was taken. Everything is bounded: units, answers that nobody reads, messages that wait.
 */
export class SmppSession {
  readonly #options: SessionOptions;
  readonly #splitter = new PduSplitter();
  readonly #waiting = new Map<number, Waiting>();
  #sequence = 0;
  #delivers: Promise<void> = Promise.resolve();
  #waitingDelivers = 0;
  #cancelEnquiry: (() => void) | undefined;
  #ended = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { socket } = options;
    socket.on("data", (bytes: Uint8Array) => this.#hear(bytes));
    socket.on("error", (error: NodeJS.ErrnoException) => this.end(error.code ?? error.message));
    socket.on("close", () => this.end("connection closed"));
    // Half open connections have no use here: who ends one half has ended.
    socket.on("end", () => this.end("connection closed"));
  }

  /** False when it is over. */
  get isUp(): boolean {
    return !this.#ended;
  }

  /** Keeps asking whether the other side is there; begin after the bind. */
  keepAlive(): void {
    this.#cancelEnquiry = this.#options.ports.later(() => {
      void this.request(command.enquireLink, new Uint8Array()).then((answer) => {
        if (answer.type === "answered") this.keepAlive();
        else this.end("no answer to enquire_link");
      });
    }, this.#options.enquireLinkMs);
    if (this.#ended) this.#cancelEnquiry();
  }

  /** Sends a request and resolves with its answer. Never rejects; ends soon after `signal` is aborted. */
  request(id: number, body: Uint8Array, signal?: AbortSignal): Promise<Answer> {
    const { socket, ports, timeoutMs } = this.#options;
    if (this.#ended || !socket.writable) return Promise.resolve({ type: "unsent", reason: "not connected" });
    if (signal?.aborted === true) return Promise.resolve({ type: "unsent", reason: "stopped" });
    this.#sequence = this.#sequence >= mostSequence ? 1 : this.#sequence + 1;
    const sequence = this.#sequence;
    return new Promise((resolve) => {
      const lose = (reason: string): void => this.#settle(sequence, { type: "lost", reason });
      const stop = (): void => lose("stopped");
      const cancelTimer = ports.later(() => lose("timeout"), timeoutMs);
      signal?.addEventListener("abort", stop, { once: true });
      const cancel = (): void => {
        cancelTimer();
        signal?.removeEventListener("abort", stop);
      };
      this.#waiting.set(sequence, { id, resolve, cancel });
      this.#say({ id, status: 0, sequence, body });
    });
  }

  /** Says good-bye and closes, at the latest after a second. */
  async leave(): Promise<void> {
    const cancel = this.#options.ports.later(() => this.end("closed"), partingMs);
    await this.request(command.unbind, new Uint8Array());
    cancel();
    this.end("closed");
  }

  /** Ends it now; every request without answer is lost. */
  end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelEnquiry?.();
    this.#options.socket.destroy();
    for (const sequence of [...this.#waiting.keys()]) this.#settle(sequence, { type: "lost", reason });
    this.#options.onEnd(reason);
  }

  #settle(sequence: number, answer: Answer): void {
    const waiting = this.#waiting.get(sequence);
    this.#waiting.delete(sequence);
    waiting?.cancel();
    waiting?.resolve(answer);
  }

  #say(pdu: Pdu): void {
    const { socket } = this.#options;
    if (this.#ended) return;
    socket.write(encodePdu(pdu));
    if (socket.writableLength > mostUnsentBytes) this.end("the other side does not read");
  }

  #hear(bytes: Uint8Array): void {
    try {
      for (const pdu of this.#splitter.push(bytes)) {
        if (this.#ended) return;
        if (isResponse(pdu.id)) this.#answered(pdu);
        else this.#asked(pdu);
      }
    } catch (error) {
      this.#say(bare(command.genericNack, 0, status.invalidLength));
      this.end(`not SMPP: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #answered({ id, status: code, sequence, body }: Pdu): void {
    const waiting = this.#waiting.get(sequence);
    if (waiting === undefined) {
      this.#options.onNonsense("an answer to nothing");
      return;
    }
    if (id !== command.genericNack && id !== responseTo(waiting.id)) {
      this.end("not SMPP: an answer to something else");
      return;
    }
    // A refusal without a reason is a refusal all the same.
    const refused = id === command.genericNack && code === 0 ? status.systemError : code;
    this.#settle(sequence, { type: "answered", status: refused, body });
  }

  #asked(pdu: Pdu): void {
    switch (pdu.id) {
      case command.enquireLink:
        this.#say(bare(responseTo(pdu.id), pdu.sequence));
        break;
      case command.unbind:
        this.#say(bare(responseTo(pdu.id), pdu.sequence));
        this.end("the other side said good-bye");
        break;
      case command.deliverSm:
        this.#deliver(pdu);
        break;
      case command.alertNotification:
        break;
      default:
        this.#say(bare(command.genericNack, pdu.sequence, status.invalidCommand));
    }
  }

  #deliver({ sequence, body }: Pdu): void {
    const { socket } = this.#options;
    this.#waitingDelivers++;
    if (this.#waitingDelivers >= mostWaitingDelivers) socket.pause();
    this.#delivers = this.#delivers.then(async () => {
      const code = await this.#take(body);
      this.#waitingDelivers--;
      // deliver_sm_resp has a message_id that is not used, §4.6.2.
      this.#say({ ...bare(responseTo(command.deliverSm), sequence, code), body: new Uint8Array(1) });
      if (!this.#ended && socket.isPaused()) socket.resume();
    });
  }

  async #take(body: Uint8Array): Promise<number> {
    if (this.#ended) return status.notTaken;
    let deliver: DeliverFields;
    try {
      deliver = readDeliver(body);
    } catch {
      this.#options.onNonsense("a damaged deliver_sm");
      return status.invalidMessage;
    }
    return (await this.#options.onDeliver(deliver)) ? status.ok : status.notTaken;
  }
}
