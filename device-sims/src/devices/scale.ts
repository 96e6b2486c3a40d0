import { formatDecimal, MingchengError, parseDecimal } from "@mingcheng/protocols";
import type { SimClock } from "../clock.ts";
import type { Oracle } from "../oracle.ts";
import type { Random } from "../random.ts";
import { deaf, type SimLine } from "../transports/sim-line.ts";

/** What the display of a simulated scale shows at one moment. */
export interface ScaleDisplay {
  /** Shown weight as decimal text. */
  readonly value: string;
  readonly tare: string | null;
  readonly net: boolean;
  readonly motion: boolean;
  readonly state: "normal" | "overload" | "underload" | "not-zeroed";
}

/** What makes one kind of scale different from another. */
export interface ScaleModel {
  readonly protocol: string;
  readonly unit: string;
  /** Digits after the point. */
  readonly places: number;
  /** Step of the last digit. */
  readonly increment: number;
  /** How its mode is to be recorded: what the protocol says about gross and net. */
  readonly mode: (net: boolean) => "gross" | "net" | "unknown";
  /** Tare as the protocol sends it; `null` when it sends none. */
  readonly tareSent: boolean;
  /** True when the protocol has bits for overload, underload and not-zeroed. */
  readonly statesSent: boolean;
  encode(display: ScaleDisplay): Uint8Array;
  /** How the protocol words a shown value, where it is not sent as shown (grams of a display in kilograms). */
  said?(value: string): string;
  /**
   * A scale that speaks only when asked: its answer to what it hears, `null` for none. `weight` says whether the answer
   * shows the display. `encode` is not used then.
   */
  reply?(asked: Uint8Array, display: ScaleDisplay): { readonly bytes: Uint8Array; readonly weight: boolean } | null;
  /** The key that what it hears presses; null for none. */
  keyOf?(asked: Uint8Array): ScaleKey | null;
  /** What it says when a key was pressed; the display is already as it is afterwards, `tare` what was tared. */
  keyAnswer?(key: ScaleKey, display: ScaleDisplay, tare: string): Uint8Array;
}

/** Keys that a protocol can press. */
export type ScaleKey = "tare" | "zero";

/** One load in a script. Weights are decimal text in the scale's unit, times in milliseconds. */
export interface LoadStep {
  readonly value: string;
  /** From empty to standing still. */
  readonly rampMs: number;
  /** Standing still. */
  readonly holdMs: number;
  /** Empty pan afterwards. */
  readonly restMs: number;
}

/** A simulated scale, already sending. */
export interface SimulatedScale {
  readonly id: string;
  readonly address: string;
  /** Puts a load on, waits, takes it off; resolves when the pan is empty again and the oracle knows. */
  weigh(step: LoadStep): Promise<void>;
  /** Shows overload, underload or not-zeroed for a while. */
  show(state: "overload" | "underload" | "not-zeroed", forMs: number): Promise<void>;
  /** Sets the tare: the display shows net from now on. `null` clears it. */
  tare(value: string | null): void;
  /** How often each key was pressed over the line. */
  keysPressed(): Readonly<Record<ScaleKey, number>>;
  /** From now on keys do what they do, and nothing is answered; false ends that. */
  answerNoKeys(isMute: boolean): void;
  /** Frames handed to a connected line so far. */
  framesSent(): number;
  stop(): Promise<void>;
}

/** What a simulated scale needs. */
export interface ScaleParts {
  readonly id: string;
  readonly line: SimLine & { damaged?(): number };
  readonly clock: SimClock;
  readonly random: Random;
  readonly oracle: Oracle;
  /** Frames per second. */
  readonly rateHz: number;
}

/** Frames of an empty pan that must have reached a connection before a load on it counts as heard. */
const emptyFramesBefore = 3;

/** Frames of a standing weight that any settling rule in use is content with. */
const standingFramesNeeded = 8;

/** Rounds to the step of the display, away from the target so that a moving weight never equals the final one. */
const stepDown = (digits: number, increment: number): number => Math.floor(digits / increment) * increment;

interface Target {
  readonly fromDigits: number;
  readonly toDigits: number;
  readonly startMs: number;
  readonly rampMs: number;
}

/**
 * A scale that sends its display at a fixed rate, whether or not anybody listens, and writes into the oracle what really
 * lay on it and who can have heard it.
 */
export const startScale = (model: ScaleModel, parts: ScaleParts): SimulatedScale => {
  const { id, line, clock, oracle, random } = parts;
  const stopping = new AbortController();
  let target: Target = { fromDigits: 0, toDigits: 0, startMs: clock.nowMs(), rampMs: 0 };
  let tareDigits: number | null = null;
  let state: ScaleDisplay["state"] = "normal";
  let sent = 0;
  let emptyRun = 0;
  let standing = 0;
  let lastConnection = 0;

  const digitsOf = (text: string): number => {
    const number = parseDecimal(text);
    if (number === undefined || number.scale > model.places) {
      throw new MingchengError("SIM_VALUE_INVALID", `${text}: at most ${model.places} places`, { field: "value" });
    }
    const digits = Number(number.digits) * 10 ** (model.places - number.scale);
    if (digits % model.increment !== 0) {
      throw new MingchengError("SIM_VALUE_INVALID", `${text}: not a multiple of the step`, { field: "value" });
    }
    return digits;
  };
  const textOf = (digits: number): string => formatDecimal({ digits: BigInt(digits), scale: model.places });

  const shown = (nowMs: number): { readonly digits: number; readonly motion: boolean } => {
    const { fromDigits, toDigits, startMs, rampMs } = target;
    const progress = rampMs === 0 ? 1 : Math.min(1, (nowMs - startMs) / rampMs);
    if (progress >= 1) return { digits: toDigits, motion: false };
    const wobble = random.next() * 0.1;
    const between = fromDigits + (toDigits - fromDigits) * Math.max(0, progress - wobble);
    const digits = stepDown(between, model.increment);
    return { digits: digits === toDigits ? digits - model.increment : digits, motion: true };
  };

  const say = (answer: (display: ScaleDisplay) => { readonly bytes: Uint8Array; readonly weight: boolean } | null) => {
    const { digits, motion } = shown(clock.nowMs());
    const net = tareDigits !== null;
    const display: ScaleDisplay = {
      value: textOf(digits - (tareDigits ?? 0)),
      tare: model.tareSent ? textOf(tareDigits ?? 0) : null,
      net,
      motion,
      state,
    };
    if (line.connection() !== lastConnection) {
      lastConnection = line.connection();
      emptyRun = 0;
      standing = 0;
    }
    const answered = answer(display);
    if (answered === null) return;
    const heard = line.send(answered.bytes);
    if (heard) sent++;
    if (!answered.weight) return;
    const empty = digits - (tareDigits ?? 0) <= 0 && !motion && state === "normal";
    emptyRun = heard && empty ? emptyRun + 1 : 0;
    if (heard && !motion && !empty && state === "normal") standing++;
  };

  const pressed = { tare: 0, zero: 0 };
  let isMute = false;
  /** Presses a key: tare takes what lies on the pan, zero is only counted, for the pan of a simulation is at zero. */
  const press = (key: ScaleKey): void => {
    pressed[key]++;
    if (key === "tare") tareDigits = shown(clock.nowMs()).digits;
    if (isMute) return;
    say((display) => {
      const bytes = model.keyAnswer?.(key, display, textOf(tareDigits ?? 0));
      return bytes === undefined ? null : { bytes, weight: false };
    });
  };

  const tick = () => {
    if (model.reply === undefined) say((display) => ({ bytes: model.encode(display), weight: true }));
  };
  const run = async () => {
    const periodMs = 1000 / parts.rateHz;
    let dueMs = clock.nowMs();
    while (!stopping.signal.aborted) {
      tick();
      dueMs = Math.max(dueMs + periodMs, clock.nowMs());
      await clock.sleep(dueMs - clock.nowMs(), stopping.signal);
    }
  };
  line.listen({
    ...deaf,
    bytes: (asked) => {
      const key = model.keyOf?.(asked) ?? null;
      if (key !== null) return press(key);
      say((display) => model.reply?.(asked, display) ?? null);
    },
    up: () => oracle.write({ event: "line-up", device: id, atMs: oracle.wallMs() }),
    down: () => oracle.write({ event: "line-down", device: id, atMs: oracle.wallMs() }),
  });
  const running = run();

  const moveTo = (digits: number, rampMs: number) => {
    const nowMs = clock.nowMs();
    target = { fromDigits: shown(nowMs).digits, toDigits: digits, startMs: nowMs, rampMs };
  };

  const weigh = async (step: LoadStep): Promise<void> => {
    const digits = digitsOf(step.value) + (tareDigits ?? 0);
    const before = { connection: line.connection(), empty: emptyRun, damaged: line.damaged?.() ?? 0 };
    const startedAtMs = oracle.wallMs();
    standing = 0;
    moveTo(digits, step.rampMs);
    await clock.sleep(step.rampMs + step.holdMs, stopping.signal);
    const settledFrames = standing;
    moveTo(tareDigits ?? 0, Math.min(step.rampMs, step.restMs / 2));
    await clock.sleep(step.restMs, stopping.signal);
    if (stopping.signal.aborted) return;
    const damagedFrames = (line.damaged?.() ?? 0) - before.damaged;
    const sameLine = before.connection !== 0 && line.connection() === before.connection;
    const wholePan = before.empty >= emptyFramesBefore && emptyRun >= emptyFramesBefore;
    oracle.write({
      event: "load",
      device: id,
      protocol: model.protocol,
      value: model.said?.(textOf(digits - (tareDigits ?? 0))) ?? textOf(digits - (tareDigits ?? 0)),
      unit: model.unit,
      mode: model.mode(tareDigits !== null),
      tare: model.tareSent ? textOf(tareDigits ?? 0) : null,
      heard: sameLine && wholePan && settledFrames >= standingFramesNeeded && damagedFrames === 0,
      settledFrames,
      damagedFrames,
      startedAtMs,
      endedAtMs: oracle.wallMs(),
    });
  };

  const show: SimulatedScale["show"] = async (wanted, forMs) => {
    if (!model.statesSent) {
      throw new MingchengError("SIM_VALUE_INVALID", `${model.protocol} cannot say ${wanted}`, { field: "do" });
    }
    const connection = line.connection();
    const startedAtMs = oracle.wallMs();
    state = wanted;
    await clock.sleep(forMs, stopping.signal);
    state = "normal";
    if (stopping.signal.aborted) return;
    const heard = connection !== 0 && line.connection() === connection;
    const endedAtMs = oracle.wallMs();
    oracle.write({
      event: "state",
      device: id,
      protocol: model.protocol,
      state: wanted,
      heard,
      startedAtMs,
      endedAtMs,
    });
  };

  return {
    id,
    address: line.address,
    weigh,
    show,
    tare: (value) => {
      tareDigits = value === null ? null : digitsOf(value);
      target = { fromDigits: tareDigits ?? 0, toDigits: tareDigits ?? 0, startMs: clock.nowMs(), rampMs: 0 };
    },
    keysPressed: () => ({ ...pressed }),
    answerNoKeys: (mute) => {
      isMute = mute;
    },
    framesSent: () => sent,
    stop: async () => {
      stopping.abort();
      await running;
      await line.close();
    },
  };
};
