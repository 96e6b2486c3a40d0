import type { Random } from "../../src/random.ts";
import type { DownMessage, UpMessage } from "./messages.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** How hostile the network is: probabilities per message. */
export interface Temper {
  readonly loss: number;
  readonly duplication: number;
  /** Delivered up to {@link latestMs} late, long after what was sent behind it. */
  readonly lateness: number;
  /** A bit of a batch flips on the way. */
  readonly damage: number;
}

const calm: Temper = { loss: 0, duplication: 0, lateness: 0, damage: 0 };
const latestMs = 60_000;
const remembered = 64;

/** One end of a connection. */
export interface Client {
  readonly gw: string;
  /** Names this connection's session; states and wills are kept under it. */
  readonly eid: string;
  /** Names the box: two of the same gateway have two names. */
  readonly box: string;
  receive(message: DownMessage): void;
  lostConnection(): void;
}

interface Session {
  readonly will: UpMessage;
  isOpen: boolean;
}

/** Broker and wires between gateways and the centre. Sessions are clean; states and wills are kept. */
export class SimNetwork {
  temper: Temper;
  /** Where messages that travel up arrive. */
  deliverUp: (message: UpMessage) => void = () => undefined;
  /** How many batches were published. */
  batches = 0;
  private readonly time: VirtualTime;
  private readonly random: Random;
  private readonly sessions = new Map<Client, Session>();
  private readonly retained = new Map<string, UpMessage>();
  private readonly fenced = new Set<string>();
  private readonly cutUntil = new Map<string, number>();
  private readonly pastUp: UpMessage[] = [];
  private readonly pastDown: DownMessage[] = [];
  /** Counts broker restarts: what was inside the broker before is gone. */
  private incarnation = 0;

  constructor(time: VirtualTime, random: Random, temper: Temper) {
    this.time = time;
    this.random = random;
    this.temper = temper;
  }

  /** From now on nothing is lost, late, doubled or damaged, and nobody is cut off. */
  calmDown(): void {
    this.temper = calm;
    this.cutUntil.clear();
  }

  /** True when the connection came up. */
  connect(client: Client, will: UpMessage): boolean {
    if ((this.cutUntil.get(client.gw) ?? 0) > this.time.nowMs || this.fenced.has(client.box)) return false;
    this.sessions.set(client, { will, isOpen: true });
    return true;
  }

  isConnected(client: Client): boolean {
    return this.sessions.get(client)?.isOpen === true;
  }

  /** The connection breaks; the gateway notices after `noticedAfterMs`, the broker tells the will somewhat later. */
  drop(client: Client, noticedAfterMs: number): void {
    const session = this.sessions.get(client);
    if (session === undefined) return;
    session.isOpen = false;
    this.sessions.delete(client);
    this.time.after(noticedAfterMs, () => client.lostConnection());
    this.time.after(this.random.below(3000), () => this.takeUp(session.will));
  }

  /** The credential of a box does not count any more, or again. */
  fence(box: string, isFenced: boolean): void {
    if (!isFenced) this.fenced.delete(box);
    else this.fenced.add(box);
    for (const client of [...this.sessions.keys()]) if (isFenced && client.box === box) this.drop(client, 1000);
  }

  /** Nobody of this gateway gets through for so long. */
  cut(gw: string, forMs: number): void {
    this.cutUntil.set(gw, this.time.nowMs + forMs);
    for (const client of [...this.sessions.keys()]) if (client.gw === gw) this.drop(client, this.random.below(5000));
  }

  /** The broker loses everything it had, and everybody. */
  restart(): void {
    this.incarnation++;
    this.retained.clear();
    for (const client of [...this.sessions.keys()]) {
      this.sessions.delete(client);
      this.time.after(this.random.below(1000), () => client.lostConnection());
    }
  }

  /** The centre subscribes anew and is told every retained state. */
  tellRetained(): void {
    for (const message of this.retained.values()) this.carry(() => this.deliverUp(message));
  }

  /** Old messages, in both directions, come once more. */
  replay(): void {
    for (let count = 0; count < 4; count++) {
      const up = this.pastUp[this.random.below(this.pastUp.length)];
      const down = this.pastDown[this.random.below(this.pastDown.length)];
      if (up !== undefined) this.carry(() => this.deliverUp(up));
      if (down !== undefined) this.carry(() => this.handOut(down));
    }
  }

  /** A client publishes. */
  up(client: Client, message: UpMessage): void {
    if (this.isConnected(client)) this.takeUp(message);
  }

  /** The centre publishes. */
  down(message: DownMessage): void {
    remember(this.pastDown, message);
    this.carry(() => this.handOut(message));
  }

  private takeUp(message: UpMessage): void {
    if (message.type === "state") this.retained.set(`${message.gw}/${message.state.line.eid}`, message);
    if (message.type === "batch") this.batches++;
    remember(this.pastUp, message);
    const arrives = this.random.chance(this.temper.damage) ? damaged(message, this.random) : message;
    this.carry(() => this.deliverUp(arrives));
  }

  private handOut(message: DownMessage): void {
    for (const client of [...this.sessions.keys()]) if (client.gw === message.gw) client.receive(message);
  }

  private carry(deliver: () => void): void {
    const { random, temper, incarnation } = this;
    if (random.chance(temper.loss)) return;
    const copies = random.chance(temper.duplication) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const delayMs = random.chance(temper.lateness) ? random.below(latestMs) : 2 + random.below(40);
      this.time.after(delayMs, () => {
        if (this.incarnation === incarnation) deliver();
      });
    }
  }
}

const remember = <Message>(past: Message[], message: Message): void => {
  past.push(message);
  if (past.length > remembered) past.shift();
};

/** One bit differs. The hash the centre will name is that of what arrived: nobody ever sent it. */
const damaged = (message: UpMessage, random: Random): UpMessage => {
  if (message.type !== "batch") return message;
  const payload = new Uint8Array(message.payload);
  const at = random.below(payload.length);
  payload[at] = (payload[at] ?? 0) ^ (1 << random.below(8));
  return { ...message, payload, payloadHash: `dead${message.payloadHash.slice(4)}` };
};
