import { basename } from "node:path";
import type { Loss } from "./outbox-port.ts";
import { recordsOf } from "./segment.ts";
import type { Survey } from "./survey.ts";

/** [first, last]; `null`: an unknown number behind first. */
export type SeqRange = readonly [from: number, to: number | null];

/** One line as found. */
export interface ReportedLine {
  readonly ep: number;
  readonly eid: string;
  /** Largest seq known of the line. */
  readonly head: number;
  readonly held: readonly SeqRange[];
  readonly freed: readonly SeqRange[];
  /** Every known loss, those found earlier included. */
  readonly lost: readonly SeqRange[];
}

/**
 * What is wrong with a file: `unreadable` as a whole; `frames` that cannot be read between `from` and `to`; a `footer`
 * that contradicts its frames; a `header`; a `state` file; a segment `cut` short.
 */
export interface FileDamage {
  readonly file: string;
  readonly kind: "unreadable" | "frames" | "footer" | "header" | "state" | "cut";
  readonly from?: number;
  readonly to?: number;
}

/** What is left of a process that did not end properly: `torn` bytes of a write, a `temporary` or an `empty` file. */
export interface Leftover {
  readonly file: string;
  readonly kind: "torn" | "temporary" | "empty";
}

/** Records that were on disk and are not any more. */
export interface ReportedLoss {
  readonly ep: number;
  readonly eid: string;
  readonly from: number;
  readonly to: number | null;
  readonly reason: Loss["reason"];
}

/** What a survey says, in numbers and names. */
export interface OutboxReport {
  readonly gw: string | null;
  readonly records: number;
  /** Bytes of frames on disk. */
  readonly bytes: number;
  readonly segments: number;
  readonly lines: readonly ReportedLine[];
  /** Losses found now. */
  readonly losses: readonly ReportedLoss[];
  /** Losses found earlier whose `gap` records are not known to be durable: the next start reports them. */
  readonly unreported: readonly ReportedLoss[];
  readonly damage: readonly FileDamage[];
  /** The next start removes them; nothing is lost by them. */
  readonly leftovers: readonly Leftover[];
}

const linesOf = ({ book }: Survey): ReportedLine[] =>
  [...book.all()]
    .filter(({ head, lostFrom, lost }) => head > 0 || lostFrom !== null || lost.intervals.length > 0)
    .map((entry) => ({
      ep: entry.line.ep,
      eid: entry.line.eid,
      head: entry.head,
      held: book.held(entry).intervals.map(({ from, to }): SeqRange => [from, to]),
      freed: entry.freed.map(({ from, to }): SeqRange => [from, to]),
      lost: [
        ...entry.lost.intervals.map(({ from, to }): SeqRange => [from, to]),
        ...(entry.lostFrom === null ? [] : [[entry.lostFrom, null] satisfies SeqRange]),
      ],
    }));

const damageOf = ({ used, unreadable, damagedCopies }: Survey): FileDamage[] => [
  ...damagedCopies.map((file): FileDamage => ({ file, kind: "state" })),
  ...unreadable.map((path): FileDamage => ({ file: basename(path), kind: "unreadable" })),
  ...used.flatMap(({ segment, gw, damage, stale, tail }): FileDamage[] => {
    const file = basename(segment.path);
    return [
      ...(gw === undefined ? [{ file, kind: "header" } as const] : []),
      ...damage.map(({ from, to }): FileDamage => ({ file, kind: "frames", from, to })),
      ...(stale && damage.length === 0 ? [{ file, kind: "footer" } as const] : []),
      ...(tail === "cut" ? [{ file, kind: "cut", from: segment.size } as const] : []),
    ];
  }),
];

const leftoversOf = ({ used, leftovers, temporary }: Survey): Leftover[] => [
  ...temporary.map((file): Leftover => ({ file, kind: "temporary" })),
  ...leftovers.map(({ segment }): Leftover => ({ file: basename(segment.path), kind: "empty" })),
  ...used
    .filter(({ tail }) => tail === "torn")
    .map(({ segment }): Leftover => ({ file: basename(segment.path), kind: "torn" })),
];

/** Puts a survey into the form in which `fsck` prints it. */
export const reportOf = (survey: Survey): OutboxReport => ({
  gw: survey.gw ?? null,
  records: survey.used.reduce((total, { segment }) => total + recordsOf(segment), 0),
  bytes: survey.used.reduce((total, { segment }) => total + segment.end, 0),
  segments: survey.used.length,
  lines: linesOf(survey),
  losses: survey.losses.map(({ line, from, to, reason }) => ({ ep: line.ep, eid: line.eid, from, to, reason })),
  unreported: (survey.state?.unreported ?? []).map(({ ep, eid, from, to, reason }) => ({ ep, eid, from, to, reason })),
  damage: damageOf(survey),
  leftovers: leftoversOf(survey),
});
