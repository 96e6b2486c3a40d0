import type { DeviceCodec, DeviceEvent } from "@mingcheng/protocols";
import type { z } from "zod";
import type { ByteStream, SerialSettings } from "../transports/byte-stream.ts";

/** What a driver wants stored. The body must fit the schema of its kind in `@mingcheng/protocols`. */
export interface CaptureDraft {
  readonly kind: "weighing" | "test" | "scale-event" | "sale";
  readonly body: Readonly<Record<string, unknown>>;
  /** The device's own bytes for this reading, unchanged. */
  readonly raw: Uint8Array;
  /** True when it goes ahead of any backlog (tests and state changes). */
  readonly urgent?: boolean;
  /** Set when the driver knows that this can be no record: why, in a few words. It is kept in quarantine. */
  readonly fault?: string;
}

/** What a session counts. `frames` is the sign of life the supervisor's silence detection listens to. */
export type SessionMetric =
  | "frames"
  | "readings"
  | "weighings"
  | "results"
  | "resends"
  | "naks"
  | "timeouts"
  | "history"
  | "discarded_bytes"
  | "capture_failures"
  | "load_changes"
  | "mismatches"
  | "refused"
  | "unknown_members"
  | "unsettled_loads";

/** Monotonic time. `nowMs` is milliseconds from an arbitrary start and never jumps. */
export interface SessionClock {
  nowMs(): number;
  /** Resolves after `ms`, or at once when `signal` aborts (never rejects). */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The log of one device: message first, then fields. No secrets, no device bytes beyond a few dozen. */
export interface SessionLog {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Durable notes of one device: what of its files was captured already. */
export interface ResultMarks {
  /** True for a mark of 16 hexadecimal digits that was added, by this process or an earlier one. */
  has(mark: string): boolean;
  /**
   * Notes marks; resolves once they are on disk. They count for this process even when that fails.
   * @throws the system's error; what was not written is tried again with the next marks
   */
  add(marks: readonly string[]): Promise<void>;
}

/** Everything a session may touch: ports only. */
export interface SessionContext {
  readonly deviceId: string;
  readonly clock: SessionClock;
  /** The gateway's local time with offset, ISO 8601; may be wrong, so nothing may be lost by it. */
  wall(): string;
  readonly log: SessionLog;
  /**
   * Resolves once the record is on disk (after fsync); only then may a device be told that its result was received.
   * @throws {MingchengError} when it could not be stored
   */
  capture(draft: CaptureDraft): Promise<void>;
  /**
   * Bodies of this device's last captured records of one kind, oldest first, at most `limit`, earlier lines (process
   * starts) included: read from the durable outbox. A tester's session uses it to recognise a result that the
   * instrument sends again because the acknowledgement was lost with the process.
   */
  recall(kind: CaptureDraft["kind"], limit: number): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /**
   * Opens the device's notes of what was read.
   * @throws the system's error when they cannot be read
   */
  marks(): Promise<ResultMarks>;
  /** An unsettled value for screens: never stored, may be dropped. */
  live(payload: Readonly<Record<string, unknown>>): void;
  /** Adds `by` (1 unless given) to a counter; `reason` is a stable code such as `bad-checksum`. */
  count(metric: SessionMetric, reason?: string, by?: number): void;
}

/** What a press of a key brought about. `unanswered`: it was sent, and nobody can tell. `offline`: it was not sent. */
export interface KeyPress {
  readonly outcome: "done" | "refused" | "unanswered" | "offline";
  /** What the device answered, in the words of its protocol. */
  readonly said: string;
}

/** One device's conversation. Keeps what must outlive a broken line (is the load on the pan captured already?). */
export interface DriverSession {
  /**
   * Owns one open connection until `signal` aborts (then resolves within 1 s) or the line ends (then rejects).
   * Never opens, never reconnects: the supervisor does, and may call `run` again with a new stream.
   * @throws {MingchengError} DEVICE_DISCONNECTED (retryable)
   */
  run(stream: ByteStream, signal: AbortSignal): Promise<void>;
  /** Presses a key of the scale, between two questions. For drivers with `keys` only, and for nobody but a command. */
  press?(key: DeviceKey): Promise<KeyPress>;
}

/** Keys of a scale that a command of the centre may have pressed. */
export type DeviceKey = "tare" | "zero";

/** How a protocol words the press of a key. */
export interface KeyWord {
  readonly bytes: Uint8Array;
  /** What an answer says about it; null when it is no answer to this. */
  understand(answer: DeviceEvent): { readonly outcome: "done" | "refused"; readonly said: string } | null;
}

/** A device family as a value: data first, one function. */
export interface DriverDefinition<Config = unknown> {
  /** Protocol id, stable, as in `@mingcheng/protocols`: `mt-continuous`. Configuration, docs and file names use it. */
  readonly protocol: string;
  readonly displayName: { readonly zh: string; readonly en: string };
  readonly deviceClass: "scale" | "tester";
  /** What the maker ships; always overridable, because serial parameters cannot be guessed. */
  readonly transportDefaults: SerialSettings;
  /**
   * Everything a session may ever write to the device, besides ACK and NAK to a tester: harmless read requests. None for
   * a device that is only listened to.
   */
  readonly requests?: readonly Uint8Array[];
  /** What only an authorised command may have sent: keys of the scale, as its manual documents them. */
  readonly keys?: Readonly<Partial<Record<DeviceKey, KeyWord>>>;
  /** True when its results may also come as files in a folder (`folder:///path`). */
  readonly readsFolders?: boolean;
  /** What a reading of this family becomes; `weighing` (scales) or `test` (testers) unless said. */
  readonly yields?: CaptureDraft["kind"];
  /** Strict: unknown options are refused. */
  readonly configSchema: z.ZodType<Config>;
  /** Options as somebody would write them: those without a default, and what is worth showing. */
  readonly example: Readonly<Record<string, unknown>>;
  /** What a device of this family is with these options, where they decide; `deviceClass` unless given. */
  classOf?(config: Config): "scale" | "tester";
  /** The codec of a device with these options, where they decide how its bytes are read. */
  codecOf?(config: Config): DeviceCodec;
  /** No side effects, no I/O. `config` is the output of `configSchema`. */
  createSession(context: SessionContext, config: Config): DriverSession;
}

/** What a configured device is. */
export const classOf = (driver: DriverDefinition, options: unknown): DriverDefinition["deviceClass"] =>
  driver.classOf?.(options) ?? driver.deviceClass;

/** Checks a driver's shape and erases its configuration type, so that all drivers fit one list. */
export const defineDriver = <Config>(definition: DriverDefinition<Config>): DriverDefinition => definition;
