/** What the modem does with a message. */
export const modemSubmits = [
  "normal",
  /** It has the message, and stops answering for good. */
  "hang",
  /** It stops answering instead of asking for the message. */
  "hang-before-prompt",
  /** It has the message, and the cable is pulled. */
  "unplug",
  /** The cable is pulled before it has the message. */
  "unplug-before",
] as const;

/** How the modem behaves from now on. */
export interface ModemBehaviour {
  /** One of the above, or a line that is answered: `+CMS ERROR: 38`. */
  readonly submit: string;
  /** For so many messages, then `normal` again; null: until told otherwise. */
  readonly count: number | null;
  /** The network takes so long. */
  readonly delayMs: number;
  readonly sim: "ready" | "pin" | "puk" | "missing";
  readonly pin: string;
  /** Which of the commands for the tries that are left it knows. */
  readonly tries: "cpinr" | "spic" | "unknown";
  readonly network: "home" | "roaming" | "none" | "denied" | "lte";
  /** Says things of its own in the middle of answers. */
  readonly chatter: boolean;
  /** Status reports: stored, straight away, or not known. */
  readonly reportRouting: "stored" | "direct" | "none";
  /** In which store reports go. */
  readonly reportStore: "SM" | "SR";
  readonly reports: "delivered" | "undelivered" | "none" | "trying-then-delivered";
  readonly reportDelayMs: number;
  /** Without it nobody is told of what comes in. */
  readonly tells: boolean;
  readonly serviceCentre: string;
}

export const normalModem: ModemBehaviour = {
  ...{ submit: "normal", count: null, delayMs: 0, sim: "ready", pin: "1234", tries: "cpinr", network: "home" },
  ...{ chatter: false, reportRouting: "stored", reportStore: "SM", reports: "delivered", reportDelayMs: 0 },
  ...{ tells: true, serviceCentre: "+8613800500500" },
};

/** A message that the modem has handed to its network. */
export interface ModemMessage {
  /** What `+CMGS` answers, 0 to 255. */
  readonly reference: number;
  readonly phone: string;
  readonly text: string;
  readonly units: number;
  readonly part: { readonly reference: number; readonly total: number; readonly number: number } | null;
  readonly wantsReport: boolean;
  readonly serviceCentre: string;
  readonly atMs: number;
  /** False when the modem did not say so. */
  readonly answered: boolean;
}

/** A place of a store. */
export interface StoredPdu {
  readonly index: number;
  pdu: string;
  isRead: boolean;
}

const places = 20;

/** Everything that the modem, its SIM and the network know. */
export class ModemState {
  readonly messages: ModemMessage[] = [];
  readonly stores: Record<string, StoredPdu[]> = { SM: [], ME: [], SR: [] };
  /** What came when no place was free, and waits in the network. */
  readonly turnedAway: string[] = [];
  /** Commands, counted by their name. */
  readonly commands: Record<string, number> = {};
  behaviour: ModemBehaviour = normalModem;
  pinTries = 3;
  isOpen = false;
  resets = 0;
  isHanging = false;
  readonly #onAccepted: (message: ModemMessage) => void;
  #reference = 250;

  constructor(onAccepted: (message: ModemMessage) => void) {
    this.#onAccepted = onAccepted;
  }

  accept(message: Omit<ModemMessage, "reference">): ModemMessage {
    this.#reference = (this.#reference + 1) & 0xff;
    const accepted = { reference: this.#reference, ...message };
    this.messages.push(accepted);
    this.#onAccepted(accepted);
    return accepted;
  }

  /** Puts a PDU into a store; the place, or undefined when none is free. */
  store(name: string, pdu: string): number | undefined {
    const store = this.stores[name] ?? [];
    const index = Array.from({ length: places }, (_, place) => place + 1).find(
      (place) => !store.some((one) => one.index === place),
    );
    if (index === undefined) this.turnedAway.push(pdu);
    else store.push({ index, pdu, isRead: false });
    return index;
  }

  nextSubmit(): string {
    const { submit, count } = this.behaviour;
    if (count !== null && submit !== "normal") {
      const left = count - 1;
      this.behaviour = { ...this.behaviour, ...(left > 0 ? { count: left } : { submit: "normal", count: null }) };
    }
    return submit;
  }
}
