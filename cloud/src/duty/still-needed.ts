/** What a message is to say of one alert, and how that stands now. */
export interface ToldRow {
  readonly id: number;
  readonly alert: string;
  readonly event: string;
  readonly state: string;
  readonly endedMs: number | null;
  readonly madeMs: number;
}

/** Why this need not be said any more, in a stable word; null: it must. */
export const whyNot = ({ event, state, endedMs }: ToldRow): string | null => {
  if (event === "resolved") return endedMs === null ? "reopened" : null;
  if (endedMs !== null) return "over";
  if (state === "handled") return "handled";
  return state === "acknowledged" ? "taken-over" : null;
};
