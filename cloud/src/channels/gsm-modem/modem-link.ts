import { backoffMs } from "../backoff.ts";
import type { ChannelPorts } from "../channel.ts";
import { Turns } from "../sms/turns.ts";
import { AtDialogue, type AtResult, type Unsolicited } from "./at-dialogue.ts";
import { type ModemPort, openModemPort, type PortSettings } from "./modem-port.ts";
import { type SetupOptions, setUpModem } from "./modem-setup.ts";

/** Which modem, and how it is set up. */
export interface ModemLinkOptions extends Pick<SetupOptions, "pin" | "storage" | "serviceCentre"> {
  /** For the log. */
  readonly channel: string;
  readonly ports: ChannelPorts;
  readonly port: PortSettings;
  readonly commandTimeoutMs: number;
  onUnsolicited(said: Unsolicited): void;
  /** It was opened and set up. */
  onReady(): void;
}

/** A modem that takes commands. */
export interface ReadyModem {
  readonly dialogue: AtDialogue;
  /** Whether it hands on delivery reports. */
  readonly reports: boolean;
  /** Whether it may keep them in a store of their own, `SR`. */
  readonly reportStore: boolean;
}

/** Why there is none. `setup`: somebody has to act. */
export interface NoModem {
  readonly reason: string;
  readonly setup: boolean;
}

interface Open {
  readonly port: ModemPort;
  readonly modem: ReadyModem;
}

/** What needs somebody's hand is looked at rarely. */
const unfitAgainMs = 60_000;
/** 3GPP TS 27.007 §8.2: full functionality, after a reset. */
const reset = "AT+CFUN=1,1";
const never = new AbortController().signal;

/**
 * Keeps a modem open. One user at a time. Unplugged, it is opened again with full jitter up to a minute; one that stops
 * answering is asked for a sign, then reset, then opened anew. Nothing here waits without limit or blocks.
 */
export class ModemLink {
  readonly #options: ModemLinkOptions;
  readonly #turns = new Turns(1);
  #open: Open | undefined;
  #opening: Promise<Open | NoModem> | undefined;
  /** A port that is open and not ready yet. */
  #atWork: ModemPort | undefined;
  #none: NoModem | undefined;
  #cancel: (() => void) | undefined;
  #failures = 0;
  #closed = false;

  constructor(options: ModemLinkOptions) {
    this.#options = options;
  }

  /** Opens it, and from then on keeps it open. */
  start(): void {
    if (this.#open === undefined && this.#opening === undefined && this.#cancel === undefined) void this.#connect();
  }

  /**
   * Lets a task use the modem, alone. Resolves with why not when there is none: the first opening is waited for, later
   * ones come by themselves; or with undefined when `signal` was aborted before its turn.
   */
  async use<Result>(
    task: (modem: ReadyModem) => Promise<Result>,
    signal: AbortSignal = never,
  ): Promise<Result | NoModem | undefined> {
    const end = await this.#turns.take(signal);
    if (end === undefined) return undefined;
    try {
      const open = await this.#ready();
      return "reason" in open ? open : await task(open.modem);
    } finally {
      end();
    }
  }

  #ready(): Promise<Open | NoModem> | Open | NoModem {
    if (this.#closed) return { reason: "closed", setup: false };
    if (this.#open !== undefined) return this.#open;
    if (this.#opening !== undefined) return this.#opening;
    if (this.#cancel !== undefined && this.#none !== undefined) return this.#none;
    return this.#connect();
  }

  /**
   * Looks after a modem that did not answer; call in one's turn. What it still answers counts; what does not answer
   * is reset and opened anew.
   */
  async revive({ dialogue }: ReadyModem): Promise<void> {
    dialogue.abandon();
    const sign = await dialogue.run({ text: "AT", timeoutMs: this.#options.commandTimeoutMs });
    if (sign.type === "ok" || sign.type === "gone") return;
    this.#options.ports.log.warn({ channel: this.#options.channel }, "the modem does not answer and is reset");
    const answer: AtResult = await dialogue.run({ text: reset, timeoutMs: 1_000 });
    this.#lost({ reason: answer.type === "gone" ? answer.reason : "no answer", setup: false });
  }

  #connect(): Promise<Open | NoModem> {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#opening = this.#tryOnce().then((made) => {
      this.#opening = undefined;
      if ("reason" in made) {
        this.#lost(made);
        return made;
      }
      if (this.#closed) {
        void made.port.close();
        return { reason: "closed", setup: false };
      }
      this.#open = made;
      this.#none = undefined;
      this.#failures = 0;
      this.#options.ports.log.info(
        { channel: this.#options.channel, reports: made.modem.reports },
        "the modem is ready",
      );
      this.#options.onReady();
      return made;
    });
    return this.#opening;
  }

  async #tryOnce(): Promise<Open | NoModem> {
    const { ports, port: settings, commandTimeoutMs } = this.#options;
    let gone: string | undefined;
    const dialogue = new AtDialogue({
      ports,
      write: (text) => opened.port?.write(text),
      onUnsolicited: (said) => this.#options.onUnsolicited(said),
    });
    const opened: { port?: ModemPort } = {};
    const port = await openModemPort(
      settings,
      {
        bytes: (bytes) => dialogue.hear(bytes),
        end: (reason) => {
          gone = reason;
          dialogue.end(reason);
          if (this.#open !== undefined && this.#open.port === opened.port) this.#lost({ reason, setup: false });
        },
      },
      ports,
    );
    if ("reason" in port) return { reason: port.reason, setup: false };
    opened.port = port;
    this.#atWork = port;
    if (this.#closed) dialogue.end("closed");
    const { pin, storage, serviceCentre } = this.#options;
    const setUp = await setUpModem({ dialogue, ports, pin, storage, serviceCentre, timeoutMs: commandTimeoutMs });
    if (setUp.type === "ready" && gone === undefined)
      return { port, modem: { dialogue, reports: setUp.reports, reportStore: setUp.reportStore } };
    if (setUp.type === "silent" && gone === undefined) await dialogue.run({ text: reset, timeoutMs: 1_000 });
    // Closing ends the port, too: that is not why there is no modem.
    const why = gone;
    await port.close();
    this.#atWork = undefined;
    if (setUp.type === "unfit") return { reason: setUp.reason, setup: true };
    return { reason: why ?? "no answer to AT", setup: false };
  }

  #lost(none: NoModem): void {
    const open = this.#open;
    this.#open = undefined;
    void open?.port.close();
    if (this.#closed || this.#cancel !== undefined) return;
    const { ports, channel } = this.#options;
    if (this.#none?.reason !== none.reason) ports.log.warn({ channel, reason: none.reason }, "no modem");
    this.#none = none;
    this.#failures++;
    const waitMs = Math.max(backoffMs(this.#failures, ports.random()), none.setup ? unfitAgainMs : 0);
    this.#cancel = ports.later(() => void this.#connect(), waitMs);
  }

  /** Lets go of the port, in the middle of whatever is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    const open = this.#open;
    this.#open = undefined;
    await (open?.port ?? this.#atWork)?.close();
    await this.#opening;
  }
}
