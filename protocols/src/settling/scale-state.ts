import type { ReadingEvent } from "../devices/device-event.ts";
import type { ScaleEventBody } from "../records/bodies.ts";
import { compareDecimal, parseDecimal } from "../units/decimal.ts";
import { zeroBandOf } from "./settling.ts";

/** A scale's state as recorded in `scale-event` records. */
export type ScaleState = ScaleEventBody["state"];

/** When a state counts. */
export interface ScaleStateRules {
  /** So many readings in a row must agree, so that one damaged frame is no event. */
  readonly samples: number;
  /** Motion is normal while a load is placed; longer than this it is an event. */
  readonly motionTooLongMs: number;
}

/** What was seen so far. Immutable. */
export interface ScaleStateTrack {
  readonly state: ScaleState | null;
  readonly candidate: ScaleState;
  readonly agreeing: number;
  readonly movingSinceMs: number | null;
}

/** Before the first reading. */
export const initialScaleState: ScaleStateTrack = {
  state: null,
  candidate: "normal",
  agreeing: 0,
  movingSinceMs: null,
};

/** A change that is to be recorded. */
export interface ScaleStateChange {
  readonly state: ScaleState;
  readonly previous: ScaleState | null;
}

/**
 * Follows one reading. A change is returned once, when enough readings agree; a scale that is normal from the start is
 * no change. The most serious state wins: overload, underload, not zeroed, below zero, motion.
 */
export const trackScaleState = (
  track: ScaleStateTrack,
  reading: ReadingEvent,
  nowMs: number,
  rules: ScaleStateRules,
): { readonly track: ScaleStateTrack; readonly change: ScaleStateChange | null } => {
  const movingSinceMs = reading.states.includes("motion") ? (track.movingSinceMs ?? nowMs) : null;
  const seen = seenState(reading, movingSinceMs, nowMs, rules);
  const agreeing = seen === track.candidate ? track.agreeing + 1 : 1;
  const next = { ...track, candidate: seen, agreeing, movingSinceMs };
  if (agreeing < rules.samples || seen === track.state) return { track: next, change: null };
  const change = track.state === null && seen === "normal" ? null : { state: seen, previous: track.state };
  return { track: { ...next, state: seen }, change };
};

/** Only of a gross weight is that known: a net one is below zero whenever the tared dish was taken away. */
const isBelowZero = (reading: ReadingEvent): boolean => {
  const number = reading.mode === "gross" && reading.value !== null ? parseDecimal(reading.value) : undefined;
  if (number === undefined || number.digits >= 0n) return false;
  const size = { ...number, digits: -number.digits };
  return compareDecimal(size, zeroBandOf(size, reading, { zeroBand: null })) > 0;
};

const seenState = (
  reading: ReadingEvent,
  movingSinceMs: number | null,
  nowMs: number,
  rules: ScaleStateRules,
): ScaleState => {
  if (reading.overload) return "overload";
  if (reading.underload) return "underload";
  if (reading.states.includes("not-zeroed")) return "not-zeroed";
  if (isBelowZero(reading)) return "below-zero";
  return movingSinceMs !== null && nowMs - movingSinceMs > rules.motionTooLongMs ? "motion" : "normal";
};
