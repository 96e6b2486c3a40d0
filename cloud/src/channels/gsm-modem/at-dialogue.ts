import type { ChannelPorts } from "../channel.ts";
import { AtLines } from "./at-lines.ts";

/** A command and what its answer looks like. */
export interface AtCommand {
  /** With `AT`, without the line end. */
  readonly text: string;
  /** Lines of the answer begin with this; other lines are somebody else's. */
  readonly prefix?: string;
  /** A PDU follows each of them on a line of its own. */
  readonly hasPdus?: boolean;
  /** Sent when the modem asks for it with its prompt, with Ctrl-Z behind it. */
  readonly pdu?: string;
  /** For its end, and for each further line of a long answer: full stores take minutes over a slow line. */
  readonly timeoutMs: number;
}

/** A line of an answer, without its prefix, and its PDU. */
export interface AtLine {
  readonly text: string;
  readonly pdu: string;
}

/** A command without an end. `handedOver`: its PDU was written, so it may have gone out. */
export interface Unanswered<Type> {
  readonly type: Type;
  readonly reason: string;
  readonly handedOver: boolean;
}

/** How a command ended. */
export type AtResult =
  | { readonly type: "ok"; readonly lines: readonly AtLine[] }
  /** `ERROR`, `+CMS ERROR: 38`, `+CME ERROR: 10`. */
  | { readonly type: "error"; readonly error: string }
  /** Nothing in time. */
  | Unanswered<"silence">
  /** The port is closed, or pulled out. */
  | Unanswered<"gone">;

/** What a modem says by itself: `+CMTI:`, `+CDSI:`, or `+CMT:` and `+CDS:` with a PDU. */
export interface Unsolicited {
  readonly line: string;
  readonly pdu: string;
}

/** What a dialogue works with. */
export interface DialogueOptions {
  readonly ports: Pick<ChannelPorts, "later">;
  write(text: string): void;
  onUnsolicited(said: Unsolicited): void;
}

interface Current {
  readonly command: AtCommand;
  readonly lines: { readonly text: string; pdu: string }[];
  handedOver: boolean;
  /** A part of the answer has come: the rest has its time anew. */
  goesOn(): void;
  end(result: AtResult): void;
}

const ctrlZ = "\u001a";
const leave = "\u001b";
const finalError = /^(?:ERROR|\+CM[ES] ERROR: ?.*|COMMAND NOT SUPPORT|TOO MANY PARAMETERS)$/u;
const told = /^\+(?:CMTI|CDSI): ?/u;
const toldWithPdu = /^\+(?:CMT|CDS): ?/u;
const hex = /^(?:[0-9A-Fa-f]{2})+$/u;
/** SIM stores hold fewer; a modem that goes on and on is not listened to. */
const mostLines = 512;
const mostAwaitingPdu = 4;
/** A modem answers a command that it knows by heart within less. */
const quietMs = 200;

/**
 * Talks to a modem: one command at a time, its answer kept apart from its echo and from what the modem says by itself in
 * between.
 */
export class AtDialogue {
  readonly #options: DialogueOptions;
  readonly #lines = new AtLines();
  /** Who waits for the PDU that follows a line; the last one said gets the next. */
  readonly #awaitingPdu: { readonly of: Current | undefined; readonly take: (pdu: string) => void }[] = [];
  #current: Current | undefined;
  #gone: string | undefined;

  constructor(options: DialogueOptions) {
    this.#options = options;
  }

  /** True when the modem is not there any more. */
  get isGone(): boolean {
    return this.#gone !== undefined;
  }

  /** Says a command and resolves with how it ended. Call again only when it has. */
  run(command: AtCommand): Promise<AtResult> {
    if (this.#gone !== undefined) return Promise.resolve({ type: "gone", reason: this.#gone, handedOver: false });
    return new Promise((resolve) => {
      const waitOn = (): (() => void) =>
        this.#options.ports.later(() => {
          const handedOver = current.handedOver;
          current.end({ type: "silence", reason: `no answer to ${nameOf(command.text)}`, handedOver });
        }, command.timeoutMs);
      let cancel = waitOn();
      const current: Current = {
        ...{ command, lines: [], handedOver: false },
        goesOn: () => {
          cancel();
          cancel = waitOn();
        },
        end: (result) => {
          cancel();
          this.#current = undefined;
          this.#forget(current);
          resolve(result);
        },
      };
      this.#current = current;
      this.#options.write(`${command.text}\r`);
    });
  }

  /** Leaves a prompt that an earlier command may have left open. */
  abandon(): void {
    if (this.#gone === undefined) this.#options.write(`${leave}\r`);
  }

  /**
   * Lets older answers run out: a port that was opened anew may still hold some, and each would pass for the answer to the
   * next command. What comes while nothing is asked answers nothing.
   */
  settle(ports: Pick<ChannelPorts, "later">): Promise<void> {
    return new Promise((resolve) => ports.later(resolve, quietMs));
  }

  /** Takes what the modem says. */
  hear(bytes: Uint8Array): void {
    const wantsPrompt = (): boolean => this.#current?.command.pdu !== undefined && !this.#current.handedOver;
    for (const event of this.#lines.push(bytes, wantsPrompt)) {
      if (event.type === "line") this.#line(event.line);
      else this.#prompt();
    }
  }

  /** The modem is not there any more. */
  end(reason: string): void {
    this.#gone ??= reason;
    const current = this.#current;
    current?.end({ type: "gone", reason, handedOver: current.handedOver });
  }

  #prompt(): void {
    const current = this.#current;
    if (current?.command.pdu === undefined) return;
    current.handedOver = true;
    this.#options.write(`${current.command.pdu}${ctrlZ}`);
  }

  #line(line: string): void {
    if (hex.test(line) && this.#awaitingPdu.length > 0) this.#awaitingPdu.pop()?.take(line);
    else if (told.test(line)) this.#options.onUnsolicited({ line, pdu: "" });
    else if (toldWithPdu.test(line)) this.#await(undefined, (pdu) => this.#options.onUnsolicited({ line, pdu }));
    else if (this.#current !== undefined) this.#answer(this.#current, line);
  }

  #await(of: Current | undefined, take: (pdu: string) => void): void {
    if (this.#awaitingPdu.length >= mostAwaitingPdu) this.#awaitingPdu.shift();
    this.#awaitingPdu.push({ of, take });
  }

  /** What a command did not get while it ran it gets no more. */
  #forget(command: Current): void {
    for (let index = this.#awaitingPdu.length - 1; index >= 0; index--) {
      if (this.#awaitingPdu[index]?.of === command) this.#awaitingPdu.splice(index, 1);
    }
  }

  #answer(current: Current, line: string): void {
    const { command, lines } = current;
    const { prefix } = command;
    if (line === "OK") {
      current.end({ type: "ok", lines });
    } else if (finalError.test(line)) {
      current.end({ type: "error", error: line.slice(0, 80) });
    } else if (prefix !== undefined && line.startsWith(prefix) && lines.length < mostLines) {
      const said = { text: line.slice(prefix.length).trim(), pdu: "" };
      lines.push(said);
      current.goesOn();
      if (command.hasPdus === true) {
        this.#await(current, (pdu) => {
          said.pdu = pdu;
        });
      }
    }
  }
}

/** A command without its values: those may be secret. */
const nameOf = (text: string): string => /^AT[+^]?[A-Z]*/u.exec(text)?.[0] ?? "AT";
