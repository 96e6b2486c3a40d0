import type { ReadingEvent } from "../devices/device-event.ts";
import { compareDecimal, type Decimal, parseDecimal } from "../units/decimal.ts";

/** When a weight counts as one load. Weights are decimal text in the unit the scale shows. */
export interface SettlingRules {
  /** Scales that report stability: so many equal stable readings in a row (2 outlive one damaged frame). */
  readonly reportedSamples: number;
  /** Scales that do not: so many equal readings in a row ... */
  readonly inferredSamples: number;
  /** ... over at least this time. */
  readonly inferredWindowMs: number;
  /** Equal readings further apart than this are not "in a row". */
  readonly maxGapMs: number;
  /** At or below this the pan counts as empty; `null`: two steps of the display, or ten of its last digit if the step is unknown. */
  readonly zeroBand: string | null;
  /** So many readings in a row at or below the zero band end a load. */
  readonly emptySamples: number;
  /** `settle`: the load's first settled value, at once. `fall`: its last settled value, when the pan is emptied. */
  readonly captureAt: "settle" | "fall";
  /**
   * A load that lies on the pan when listening begins. `wait`: it may have been captured by an earlier process, so
   * nothing is captured until the pan was empty once. `capture`: it counts.
   */
  readonly loadAtStart: "wait" | "capture";
}

/** Good for shop scales at 5 to 20 readings per second. */
export const defaultSettlingRules: SettlingRules = {
  reportedSamples: 2,
  inferredSamples: 5,
  inferredWindowMs: 500,
  maxGapMs: 2000,
  zeroBand: null,
  emptySamples: 2,
  captureAt: "settle",
  loadAtStart: "wait",
};

/** A value that stood still. `reading` is a reading the device sent, with its bytes. */
export interface SettledLoad {
  readonly reading: ReadingEvent;
  readonly value: string;
  /** Readings that agreed, and how long they did, in ms. */
  readonly samples: number;
  readonly durationMs: number;
  readonly rule: "reported" | "inferred";
}

/**
 * Where the pan is: `unknown` before it was seen empty, `empty`, `loaded` (something lies on it that has not settled),
 * `captured` (its weighing was given out).
 */
export type PanPhase = "unknown" | "empty" | "loaded" | "captured";

interface Plateau {
  readonly value: string;
  readonly unit: string | null;
  readonly mode: ReadingEvent["mode"];
  readonly stable: ReadingEvent["stable"];
  readonly samples: number;
  readonly sinceMs: number;
  readonly lastMs: number;
}

/** What was seen so far. Immutable. */
export interface SettlingState {
  readonly phase: PanPhase;
  readonly plateau: Plateau | null;
  readonly emptyCount: number;
  /** The last settled value of this load. */
  readonly settled: SettledLoad | null;
}

/** Before the first reading. */
export const initialSettling = (rules: SettlingRules): SettlingState => ({
  phase: rules.loadAtStart === "wait" ? "unknown" : "empty",
  plateau: null,
  emptyCount: 0,
  settled: null,
});

/** The line was broken: readings before and after are not "in a row", but what is known about the pan stays known. */
export const interruptSettling = (state: SettlingState): SettlingState => ({ ...state, plateau: null, emptyCount: 0 });

/** What one reading brings about. At most one weighing per load, ever. */
export interface SettlingStep {
  readonly state: SettlingState;
  /** The load's weighing. */
  readonly weighing: SettledLoad | null;
  /** The captured load settled at another value without the pan being emptied: counted, never a second weighing. */
  readonly changed: SettledLoad | null;
  /** The pan was emptied although the load never settled. */
  readonly unsettled: boolean;
}

const none = (state: SettlingState): SettlingStep => ({ state, weighing: null, changed: null, unsettled: false });

/** A weight a state lies about is no weight: over, under, not zeroed, extra digit shown (not legal for trade), blank. */
const isWeight = (reading: ReadingEvent): boolean =>
  reading.value !== null &&
  !reading.overload &&
  !reading.underload &&
  !reading.states.includes("not-zeroed") &&
  !reading.states.includes("expanded") &&
  !reading.states.includes("hold") &&
  reading.mode !== "tare";

/** Weights up to this are those of an empty pan. */
export const zeroBandOf = (value: Decimal, reading: ReadingEvent, rules: Pick<SettlingRules, "zeroBand">): Decimal => {
  const configured = rules.zeroBand === null ? undefined : parseDecimal(rules.zeroBand);
  if (configured !== undefined) return configured;
  return { digits: reading.increment === null ? 10n : BigInt(reading.increment * 2), scale: value.scale };
};

const extendPlateau = (
  state: SettlingState,
  reading: ReadingEvent,
  value: string,
  nowMs: number,
  rules: SettlingRules,
): Plateau => {
  const { unit, mode, stable } = reading;
  const plateau = state.plateau;
  const same =
    plateau !== null &&
    plateau.value === value &&
    plateau.unit === unit &&
    plateau.mode === mode &&
    plateau.stable === stable &&
    nowMs - plateau.lastMs <= rules.maxGapMs;
  return same
    ? { ...plateau, samples: plateau.samples + 1, lastMs: nowMs }
    : { value, unit, mode, stable, samples: 1, sinceMs: nowMs, lastMs: nowMs };
};

const settledOf = (plateau: Plateau, reading: ReadingEvent, rules: SettlingRules): SettledLoad | null => {
  const durationMs = plateau.lastMs - plateau.sinceMs;
  const load = { reading, value: plateau.value, samples: plateau.samples, durationMs };
  if (plateau.stable === "reported-unstable") return null;
  if (plateau.stable === "reported-stable") {
    return plateau.samples >= rules.reportedSamples ? { ...load, rule: "reported" } : null;
  }
  const stands = plateau.samples >= rules.inferredSamples && durationMs >= rules.inferredWindowMs;
  return stands ? { ...load, rule: "inferred" } : null;
};

const fall = (state: SettlingState, rules: SettlingRules): SettlingStep => {
  const emptyCount = state.emptyCount + 1;
  const resting = { ...state, plateau: null, emptyCount };
  if (emptyCount < rules.emptySamples || state.phase === "empty") return none(resting);
  const weighing = state.phase === "loaded" && rules.captureAt === "fall" ? state.settled : null;
  return {
    state: { phase: "empty", plateau: null, emptyCount, settled: null },
    weighing,
    changed: null,
    unsettled: state.phase === "loaded" && state.settled === null,
  };
};

const settle = (state: SettlingState, load: SettledLoad, rules: SettlingRules): SettlingStep => {
  const next = { ...state, settled: load };
  if (state.phase === "unknown") return none(next);
  if (state.phase === "captured") {
    const same = state.settled?.value === load.value && state.settled.reading.unit === load.reading.unit;
    return { ...none(next), changed: same ? null : load };
  }
  if (rules.captureAt === "fall") return none({ ...next, phase: "loaded" });
  return { ...none({ ...next, phase: "captured" }), weighing: load };
};

/**
 * Follows one reading (rise, settle, fall). Guarantees: a weighing is a value the device sent, in a frame that reported
 * no other state; at most one weighing lies between two empty pans; none without enough equal readings in a row.
 * `nowMs` is monotonic.
 */
export const trackLoad = (
  state: SettlingState,
  reading: ReadingEvent,
  nowMs: number,
  rules: SettlingRules,
): SettlingStep => {
  const number = reading.value === null || !isWeight(reading) ? undefined : parseDecimal(reading.value);
  if (number === undefined || reading.value === null) return none(interruptSettling(state));
  if (compareDecimal(number, zeroBandOf(number, reading, rules)) <= 0) return fall(state, rules);
  const plateau = extendPlateau(state, reading, reading.value, nowMs, rules);
  const rising: SettlingState = {
    ...state,
    phase: state.phase === "empty" ? "loaded" : state.phase,
    plateau,
    emptyCount: 0,
  };
  const load = settledOf(plateau, reading, rules);
  return load === null ? none(rising) : settle(rising, load, rules);
};
