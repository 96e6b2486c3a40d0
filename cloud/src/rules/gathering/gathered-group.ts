import type { GroupParts } from "./group-parts.ts";

/** What all rules have gathered for one group, by their epochs. */
export interface Group {
  readonly id: number;
  readonly key: string;
  readonly parts: GroupParts;
  /** The last entry of the journal that its row contains. */
  upto: number;
  /** The first entry of the journal that its row does not contain; 0: the row contains everything. */
  since: number;
  /** Facts and parts it had when it was weighed last. */
  weight: number;
  /** Asked for since somebody looked for room. */
  used: boolean;
}

/** Roughly how many facts' worth of memory a part takes by itself. */
const partWeight = 16;

/** Memory that a group takes, in facts. */
export const weightOf = ({ parts }: Group): number => {
  let weight = partWeight;
  for (const part of parts.all()) weight += partWeight + part.size;
  return weight;
};

const least = (left: number | null, right: number | null): number | null =>
  left === null ? right : right === null ? left : Math.min(left, right);

/** When a group must be looked at though nothing came; null: need not be. */
export const dueOf = ({ parts }: Group): number | null => {
  let due: number | null = null;
  for (const part of parts.all()) due = least(due, part.dueMs);
  return due;
};

/** When nothing of a group counts any more; null: never. */
export const goneOf = ({ parts }: Group): number | null => {
  let gone = 0;
  for (const { goneMs } of parts.all()) {
    if (goneMs === null) return null;
    gone = Math.max(gone, goneMs);
  }
  return gone;
};

/** Lines of a group's facts, each between two spaces. */
export const linesOf = ({ parts }: Group): string => {
  const lines = new Set<number>();
  for (const part of parts.all()) for (const line of part.lines) lines.add(line);
  return lines.size === 0 ? "" : ` ${[...lines].join(" ")} `;
};
