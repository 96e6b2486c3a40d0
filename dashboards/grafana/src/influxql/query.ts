import { type SeriesMeasurementName, type seriesLayout, seriesSource } from "@mingcheng/protocols";
import { type Column, type Expression, identifier, literal, type Selectors, selectors } from "./expression.ts";

/** How empty spans come out. `none` leaves them out, `null` breaks the line; 0 is not offered: nothing is not zero. */
export type Fill = "none" | "null" | "previous";

interface Parts {
  readonly columns: readonly Column[];
  readonly source: string;
  readonly conditions: readonly string[];
  readonly groups: readonly string[];
  readonly fill: Fill | undefined;
  readonly tail: readonly string[];
}

const render = ({ columns, source, conditions, groups, fill, tail }: Parts): string =>
  [
    `SELECT ${columns.map(({ expression, name }) => `${expression.text} AS ${identifier(name)}`).join(", ")}`,
    `FROM ${source}`,
    ...(conditions.length === 0 ? [] : [`WHERE ${conditions.join(" AND ")}`]),
    ...(groups.length === 0 ? [] : [`GROUP BY ${groups.join(", ")}`]),
    ...(fill === undefined ? [] : [`fill(${fill})`]),
    ...tail,
  ].join(" ");

/**
 * An InfluxQL SELECT over one measurement, or over another SELECT. A value: every method returns a new one. Names are quoted
 * and escaped; template variables of Grafana appear only where {@link Query.matching} puts them.
 */
export class Query<Tag extends string, Field extends string> {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Columns, from the measurement's fields. */
  select(columns: (of: Selectors<Tag, Field>) => readonly Column[]): Query<Tag, Field> {
    return this.#with({ columns: columns(selectors) });
  }

  /** Only points within the time range of the panel. */
  inTimeRange(): Query<Tag, Field> {
    return this.#where("$timeFilter");
  }

  /** Only points of the last `span`, e.g. `10m`: what is, whatever time range somebody looks at. */
  inTheLast(span: string): Query<Tag, Field> {
    return this.#where(`time > now() - ${span}`);
  }

  /** Only points whose tag equals `value`. */
  where(tag: Tag, value: string): Query<Tag, Field> {
    return this.#where(`${identifier(tag)} = ${literal(value)}`);
  }

  /** Only points whose tag equals one of the values. */
  whereOneOf(tag: Tag, values: readonly string[]): Query<Tag, Field> {
    return this.#where(`(${values.map((value) => `${identifier(tag)} = ${literal(value)}`).join(" OR ")})`);
  }

  /** Only points one of whose fields is above 0. */
  whereSome(...fields: readonly Field[]): Query<Tag, Field> {
    return this.#where(`(${fields.map((field) => `${identifier(field)} > 0`).join(" OR ")})`);
  }

  /**
   * Only points whose tags are among the values of template variables: `{ site_name: "site" }`. Grafana escapes each value
   * for a regular expression and joins several by `|` in parentheses.
   */
  matching(variables: Readonly<Partial<Record<Tag, string>>>): Query<Tag, Field> {
    return Object.entries<string | undefined>(variables).reduce<Query<Tag, Field>>(
      (query, [tag, variable]) => query.#where(`${identifier(tag)} =~ /^$${variable}$/`),
      this,
    );
  }

  /** One series per value of the tags. */
  by(...tags: readonly Tag[]): Query<Tag, Field> {
    return this.#with({ groups: [...this.#parts.groups, ...tags.map(identifier)] });
  }

  /** One row per span: `$__interval` or a fixed one, shifted by `offset` (e.g. `16h`: days begin at midnight in China). */
  every(span: string, offset?: string): Query<Tag, Field> {
    const time = offset === undefined ? `time(${span})` : `time(${span}, ${offset})`;
    return this.#with({ groups: [time, ...this.#parts.groups] });
  }

  fill(fill: Fill): Query<Tag, Field> {
    return this.#with({ fill });
  }

  /** The newest rows first, at most `count`. */
  newest(count: number): Query<Tag, Field> {
    return this.#with({ tail: [...this.#parts.tail, `ORDER BY time DESC LIMIT ${count}`] });
  }

  /** The text, with Grafana's macros and variables still in it. */
  toString(): string {
    return render(this.#parts);
  }

  #where(condition: string): Query<Tag, Field> {
    return this.#with({ conditions: [...this.#parts.conditions, condition] });
  }

  #with(change: Partial<Parts>): Query<Tag, Field> {
    return new Query({ ...this.#parts, ...change });
  }
}

const empty = { columns: [], conditions: [], groups: [], fill: undefined, tail: [] } as const;

type TagOf<Name extends SeriesMeasurementName> = (typeof seriesLayout)[Name]["tags"][number];
type FieldOf<Name extends SeriesMeasurementName> = keyof (typeof seriesLayout)[Name]["fields"] & string;

/** Begins a query over a measurement of the layout. */
export const from = <Name extends SeriesMeasurementName>(name: Name): Query<TagOf<Name>, FieldOf<Name>> =>
  new Query({ ...empty, source: seriesSource(name) });

/** Begins a query over the rows of another one, whose columns (named by `columns`) become its fields. */
export const fromRows = <Tag extends string, Inner extends string, const Column extends string>(
  rows: Query<Tag, Inner>,
  columns: (of: Selectors<Tag, Inner>) => Readonly<Record<Column, Expression>>,
): Query<Tag, Column> => {
  const inner = rows.select((of) =>
    Object.entries<Expression>(columns(of)).map(([name, expression]) => expression.as(name)),
  );
  return new Query({ ...empty, source: `(${inner.toString()})` });
};
