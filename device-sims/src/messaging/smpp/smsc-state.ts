/** What an SMS centre does with what it is handed. */
export const submitAnswers = [
  "normal",
  "throttled",
  "queue-full",
  "invalid-destination",
  "system-error",
  /** It has the message, and the connection breaks before it says so. */
  "lost",
  /** The connection breaks before it has the message. */
  "cut",
  /** It has the message, and says nothing. */
  "silent",
  /** It answers what is no SMPP. */
  "garbage",
  /** It answers `generic_nack`. */
  "nack",
] as const;

/** How the SMS centre behaves from now on. */
export interface SmscBehaviour {
  readonly submit: (typeof submitAnswers)[number];
  /** For so many submissions, then `normal` again; null: until told otherwise. */
  readonly count: number | null;
  /** Answers come so late. */
  readonly delayMs: number;
  readonly receipts: "delivered" | "undelivered" | "none" | "twice" | "early";
  readonly receiptDelayMs: number;
  /** Where a receipt says what it is about: in its text, in parameters, in both. */
  readonly receiptForm: "text" | "parameters" | "both";
  /** How ids in receipts' texts differ from those in answers. */
  readonly messageIds: "as-is" | "hex-then-decimal" | "decimal-then-hex";
  /** Nobody is let in: the status that signing in is answered with. */
  readonly bind: "normal" | "wrong-password" | "already-bound" | "busy" | "silent";
}

export const normalSmsc: SmscBehaviour = {
  ...{ submit: "normal", count: null, delayMs: 0, receipts: "delivered", receiptDelayMs: 0 },
  ...{ receiptForm: "both", messageIds: "as-is", bind: "normal" },
};

/** A message that the SMS centre has accepted: it is on its way to the telephone. */
export interface SmscMessage {
  /** Running number; ids are made from it. */
  readonly number: number;
  /** As it stood in the submission. */
  readonly phone: string;
  readonly ton: number;
  readonly source: string;
  readonly text: string;
  /** UCS-2 units; above 70 the network bills several. */
  readonly units: number;
  readonly registered: boolean;
  readonly atMs: number;
  /** False when no answer was given. */
  readonly answered: boolean;
}

/** In which alphabet a telephone sends. */
export const codings = ["ucs2", "gsm7", "latin1", "gbk", "parted"] as const;

/** A text message from a telephone, or a receipt, that somebody has to take. */
export interface Waiting {
  readonly kind: "reply" | "receipt";
  readonly fields: Readonly<Record<string, unknown>>;
  readonly what: string;
  readonly dueMs: number;
}

const mostKept = 100_000;
const startNumber = 439_041_100;

/** Everything that the simulated SMS centre knows. */
export class SmscState {
  readonly messages: SmscMessage[] = [];
  /** Receipts and replies that wait to be taken, in order. */
  readonly waiting: Waiting[] = [];
  /** What was taken, with `deliver_sm_resp` and its status. */
  readonly taken: { readonly kind: string; readonly what: string; readonly status: number }[] = [];
  /** How often each status was answered to `submit_sm`. */
  readonly answers: Record<string, number> = {};
  /** What a real SMS centre would frown at, in words. */
  readonly complaints: string[] = [];
  binds = 0;
  enquiries = 0;
  /** Most submissions without answer that one connection ever had. */
  mostOutstanding = 0;
  behaviour: SmscBehaviour = normalSmsc;
  readonly #onAccepted: (message: SmscMessage) => void;

  constructor(onAccepted: (message: SmscMessage) => void) {
    this.#onAccepted = onAccepted;
  }

  accept(message: Omit<SmscMessage, "number">): SmscMessage {
    const accepted = { number: startNumber + this.messages.length, ...message };
    this.messages.push(accepted);
    if (this.messages.length > mostKept) throw new Error("too many messages for a simulation");
    this.#onAccepted(accepted);
    return accepted;
  }

  count(status: string): void {
    this.answers[status] = (this.answers[status] ?? 0) + 1;
  }

  /** The behaviour for the next submission, which uses up one of `count`. */
  nextSubmit(): SmscBehaviour["submit"] {
    const { submit, count } = this.behaviour;
    if (count !== null && submit !== "normal") {
      const left = count - 1;
      this.behaviour = { ...this.behaviour, ...(left > 0 ? { count: left } : { submit: "normal", count: null }) };
    }
    return submit;
  }
}
