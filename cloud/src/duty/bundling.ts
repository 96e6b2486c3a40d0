import { allowedNow, nextAllowedMs } from "./quota.ts";
import type { MessageLimit } from "./routing/routing.ts";

/** Something that waits to be said to somebody. */
export interface Waiting {
  readonly id: number;
  readonly alert: string;
  readonly event: "firing" | "escalated" | "repeated" | "resolved";
  /** 2 alarm, 1 attention, 0 notice. */
  readonly urgent: number;
  readonly groupKey: string;
  readonly madeMs: number;
  /** Why it waited longer than for others to join it; null: it did not. */
  readonly reason: string | null;
}

/** What one officer has had, and what holds for the next message. */
export interface Standing {
  readonly nowMs: number;
  readonly limits: readonly MessageLimit[];
  readonly alarmLimits: readonly MessageLimit[];
  /** When messages went to this officer, ascending. */
  readonly sentMs: readonly number[];
  readonly alarmSentMs: readonly number[];
  /** When the last message of a group went. */
  lastOfGroupMs(groupKey: string): number | null;
  readonly intervalMs: number;
  /** A message is on its way: what is not an alarm waits for it, and comes with the next. */
  readonly isSending: boolean;
  /** Until when the centre's messages of the day are used up; null: they are not. */
  readonly budgetSpentUntilMs: number | null;
}

/** What becomes of what waits: some is one message now, some waits until later, some is not worth a message any more. */
export interface Bundle {
  readonly take: readonly Waiting[];
  readonly hold: readonly { readonly waiting: readonly Waiting[]; readonly untilMs: number; readonly reason: string }[];
  readonly drop: readonly Waiting[];
}

/** The end of an alert is worth a message only so long. */
const endWorthMs = 30 * 60_000;
const sendingLookMs = 10_000;

const held = new Set(["quota", "budget", "quiet", "sending"]);

const nothing: Bundle = { take: [], hold: [], drop: [] };

const alarms = (waiting: readonly Waiting[], standing: Standing): Bundle => {
  const { alarmLimits, alarmSentMs, nowMs } = standing;
  const [first] = waiting;
  if (first === undefined) return nothing;
  const allowed = allowedNow(alarmLimits, alarmSentMs, nowMs, waiting.length);
  if (allowed === 0) {
    const untilMs = nextAllowedMs(alarmLimits, alarmSentMs, nowMs);
    return { ...nothing, hold: [{ waiting, untilMs, reason: "quota" }] };
  }
  // An alarm goes alone while there is room; the last message that may go now tells all the others.
  return { ...nothing, take: allowed === 1 ? waiting : [first] };
};

const others = (waiting: readonly Waiting[], standing: Standing): Bundle => {
  const { limits, sentMs, nowMs, isSending, budgetSpentUntilMs, intervalMs } = standing;
  if (waiting.length === 0) return nothing;
  const all = (untilMs: number, reason: string): Bundle => ({ ...nothing, hold: [{ waiting, untilMs, reason }] });
  if (isSending) return all(nowMs + sendingLookMs, "sending");
  if (budgetSpentUntilMs !== null) return all(budgetSpentUntilMs, "budget");
  const nextMs = nextAllowedMs(limits, sentMs, nowMs);
  if (nextMs > nowMs) return all(nextMs, "quota");
  // What was held back comes in the next message, whatever its group.
  if (waiting.some(({ reason }) => reason !== null && held.has(reason))) return { ...nothing, take: waiting };
  const groups = new Map<string, Waiting[]>();
  for (const one of waiting) {
    const known = groups.get(one.groupKey);
    if (known === undefined) groups.set(one.groupKey, [one]);
    else known.push(one);
  }
  const hold: { waiting: readonly Waiting[]; untilMs: number; reason: string }[] = [];
  for (const [groupKey, ofGroup] of groups) {
    const lastMs = standing.lastOfGroupMs(groupKey);
    if (lastMs === null || lastMs + intervalMs <= nowMs) return { take: ofGroup, hold, drop: [] };
    hold.push({ waiting: ofGroup, untilMs: lastMs + intervalMs, reason: "interval" });
  }
  return { take: [], hold, drop: [] };
};

/** Decides on the next message to one officer. `waiting` is what is due, the oldest first. Ask again while it takes some. */
export const bundle = (waiting: readonly Waiting[], standing: Standing): Bundle => {
  const isEnd = ({ event }: Waiting): boolean => event === "resolved";
  const open = waiting.filter((one) => !isEnd(one));
  const alarm = alarms(
    open.filter(({ urgent }) => urgent === 2),
    standing,
  );
  if (alarm.take.length > 0) return alarm;
  const rest = others(
    open.filter(({ urgent }) => urgent < 2),
    standing,
  );
  const hold = [...alarm.hold, ...rest.hold];
  if (rest.take.length > 0) return { ...rest, hold };
  const drop = waiting.filter((one) => isEnd(one) && one.madeMs < standing.nowMs - endWorthMs);
  const ends = waiting.filter((one) => isEnd(one) && !drop.includes(one));
  const [end] = ends;
  if (end === undefined) return { take: [], hold, drop };
  // Several ends are several messages: each says what is over.
  const next = others([{ ...end, reason: null, groupKey: `end of ${end.alert}` }], standing);
  const waits = next.hold.map(({ untilMs, reason }) => ({ waiting: ends, untilMs, reason }));
  return { take: next.take.length > 0 ? [end] : [], hold: [...hold, ...waits], drop };
};
