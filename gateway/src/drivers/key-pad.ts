import type { DeviceEvent } from "@mingcheng/protocols";
import type { DeviceKey, DriverDefinition, KeyPress, KeyWord } from "./define-driver.ts";

/** A press on its way. */
interface Press {
  readonly word: KeyWord;
  resolve(press: KeyPress): void;
}

const offline: KeyPress = { outcome: "offline", said: "the line is not open" };
const unanswered: KeyPress = { outcome: "unanswered", said: "" };

/**
 * Keys that a command wants pressed wait here for their turn between two questions. What was never sent is said to be so,
 * and what was sent without an answer, too.
 */
export class KeyPad {
  /** Scales think for about 150 ms before they answer (DIVA service manual p. 45). */
  readonly leastPatienceMs = 500;
  private readonly keys: NonNullable<DriverDefinition["keys"]>;
  private readonly waiting: Press[] = [];
  private underWay: Press | undefined;
  private waker: AbortController | undefined;
  private isOpen = false;

  constructor(keys: NonNullable<DriverDefinition["keys"]>) {
    this.keys = keys;
  }

  /** The line is there. */
  open(): void {
    this.isOpen = true;
  }

  /** The line is gone: whatever waits learns that. */
  close(): void {
    this.isOpen = false;
    this.underWay?.resolve(unanswered);
    this.underWay = undefined;
    for (const press of this.waiting.splice(0)) press.resolve(offline);
  }

  press(key: DeviceKey): Promise<KeyPress> {
    const word = this.keys[key];
    if (word === undefined || !this.isOpen) return Promise.resolve(offline);
    return new Promise((resolve) => {
      this.waiting.push({ word, resolve });
      this.waker?.abort();
    });
  }

  /** Aborts when `signal` does, or as soon as a key is pressed. */
  wake(signal: AbortSignal): AbortSignal {
    if (Object.keys(this.keys).length === 0) return signal;
    this.waker = new AbortController();
    if (this.waiting.length > 0) this.waker.abort();
    return AbortSignal.any([signal, this.waker.signal]);
  }

  /** The next press, from now on under way. */
  take(): { readonly word: KeyWord; answered(answer: DeviceEvent | undefined): void } | undefined {
    const press = this.waiting.shift();
    if (press === undefined) return undefined;
    this.underWay = press;
    return {
      word: press.word,
      answered: (answer) => {
        this.underWay = undefined;
        press.resolve((answer === undefined ? null : press.word.understand(answer)) ?? unanswered);
      },
    };
  }
}
