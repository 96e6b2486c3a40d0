import { loadRules } from "../load-rules.ts";
import { type AlertRule, isStanding, type Match } from "../rule.ts";

const narrowed = (match: Match, where: string): Match => ({
  ...match,
  where: match.where === null ? where : `(${match.where}) && ${where}`,
});

/** A stricter one for some places, as a city adds them: other records, other lengths of time, a state of its own. */
const variant = (rule: AlertRule, turn: number): AlertRule => {
  const where = turn % 2 === 1 ? 'site.type == "market"' : 'site.area == "station" && dev != ""';
  const { window, join, absence } = rule;
  return {
    ...rule,
    id: `${rule.id}-${turn}`,
    match: narrowed(rule.match, where),
    window: window === null ? null : { ...window, overMs: window.overMs * (turn + 1) },
    join: join === null ? null : { ...join, withinMs: join.withinMs * 2 },
    absence: absence === null || absence.forMs === null ? absence : { ...absence, forMs: absence.forMs * 2 },
  };
};

/**
 * So many rules: all that come with the centre, and beyond them stricter variants of those that gather (windows, joins,
 * absences) before variants of the others. No variant shares a state with another rule.
 */
export const cityRules = async (count: number): Promise<readonly AlertRule[]> => {
  const own = await loadRules(null);
  const gathers = ({ window, join, absence }: AlertRule): boolean =>
    window !== null || join !== null || absence !== null;
  const varied = own.filter(({ match }) => !isStanding(match));
  const ordered = [...varied.filter(gathers), ...varied.filter((rule) => !gathers(rule))];
  const variants = Array.from({ length: Math.max(0, count - own.length) }, (_, index) =>
    variant(ordered[index % ordered.length] as AlertRule, 1 + Math.floor(index / ordered.length)),
  );
  return [...own.slice(0, count), ...variants];
};
