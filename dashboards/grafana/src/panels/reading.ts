import type { Expression, Selectors } from "../influxql/expression.ts";
import type { Query } from "../influxql/query.ts";
import type { Say, Text } from "../text.ts";
import type { Tones, Unit } from "./look.ts";

/** One number that a panel shows. */
export interface Shown {
  readonly name: Text;
  readonly unit: Unit;
  readonly of: Expression;
  /** Left out: neither good nor bad. */
  readonly tones?: Tones;
  /** True for the number of samples behind a rate: too small a number says so. */
  readonly isSample?: boolean;
}

/** One query of a panel and what its columns are. */
export interface Reading {
  readonly shown: readonly Shown[];
  readonly query: (say: Say) => string;
  /** Names each series of a graph by a tag. Left out: by the column. */
  readonly legend?: string;
}

/** Puts columns to a query; a field that the measurement does not have does not compile. */
export const reading = <Tag extends string, Field extends string>(
  rows: Query<Tag, Field>,
  show: (of: Selectors<Tag, Field>) => readonly Shown[],
  legend?: string,
): Reading => {
  let shown: readonly Shown[] = [];
  rows.select((of) => {
    shown = show(of);
    return [];
  });
  return {
    shown,
    query: (say) => rows.select(() => shown.map(({ of, name }) => of.as(say(name)))).toString(),
    ...(legend === undefined ? {} : { legend }),
  };
};
