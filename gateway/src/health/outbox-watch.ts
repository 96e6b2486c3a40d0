import type { Outbox, OutboxCondition } from "../outbox/outbox.ts";
import type { Alarms } from "./alarms.ts";
import type { CaptureSigns } from "./capture-watch.ts";
import { codeOfCondition } from "./next-steps.ts";

type Fault = Exclude<OutboxCondition, "ok">;

/** What the health of the outbox was and is: its head, its faults and the alarms that they raise. */
export class OutboxWatch {
  private readonly alarms: Alarms;
  private watched: Outbox | undefined;
  /** While there is no outbox: why. */
  opening: { readonly state: Fault | "opening"; readonly detail: string } = { state: "opening", detail: "" };
  /** Faults since the start. */
  faults = 0;
  /** Last durable record of the running line. */
  head = 0;

  constructor(alarms: Alarms) {
    this.alarms = alarms;
  }

  /** The outbox that is watched, once it is open. */
  get outbox(): Outbox | undefined {
    return this.watched;
  }

  /** `ok`, or why nothing can be captured now. */
  get state(): OutboxCondition | "opening" {
    return this.watched?.stats().health.state ?? this.opening.state;
  }

  /** Whether captures get anywhere. */
  get signs(): CaptureSigns {
    const { pendingBytes = 0, commits = 0 } = this.watched?.stats() ?? {};
    return { pendingBytes, commits, faults: this.faults };
  }

  /** It could not be opened. */
  unusable(state: Fault, detail: string): void {
    this.opening = { state, detail };
    this.raise(state, detail);
  }

  /** Watches it from now on. */
  watch(outbox: Outbox): void {
    this.watched = outbox;
    this.clearAll();
    this.head = outbox.inventory().at(-1)?.head ?? 0;
    outbox.onCommit(({ last }) => {
      this.head = last;
    });
    outbox.onFault(({ state, detail }) => {
      if (state !== "ok") this.raise(state, detail);
    });
    outbox.onRecovered(() => this.clearAll());
  }

  private raise(state: Fault, detail: string): void {
    this.faults += 1;
    this.clearAll(codeOfCondition[state]);
    this.alarms.raise(codeOfCondition[state], detail);
  }

  private clearAll(except?: string): void {
    for (const code of Object.values(codeOfCondition)) if (code !== except) this.alarms.clear(code);
  }
}
