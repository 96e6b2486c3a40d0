/** A piece of InfluxQL that is safe to place as it is. Made by the functions of this file only. */
export class Expression {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** Quotient of two aggregates; InfluxQL gives null, never infinity, where the divisor is 0. */
  dividedBy(divisor: Expression): Expression {
    return new Expression(`${this.text} / ${divisor.text}`);
  }

  /**
   * The same in a larger unit, e.g. milligrams as kilograms: `per(1_000_000)`. By a float: InfluxDB 1.6 takes the quotient
   * of two integers for an integer when another query reads it.
   */
  per(factor: number): Expression {
    return new Expression(`${this.text} / ${factor.toFixed(1)}`);
  }

  /** Difference of two aggregates. */
  minus(other: Expression): Expression {
    return new Expression(`(${this.text} - ${other.text})`);
  }

  /** Sum of two aggregates. */
  plus(other: Expression): Expression {
    return new Expression(`(${this.text} + ${other.text})`);
  }

  /** Names the column. The name is what the viewer reads in the legend. */
  as(name: string): Column {
    return { expression: this, name };
  }
}

/** A selected column and the name it is shown by. */
export interface Column {
  readonly expression: Expression;
  readonly name: string;
}

/**
 * A measurement, tag or field name in double quotes, whatever is in it.
 * Rules: InfluxQL reference, "Identifiers": `"` and `\` are escaped by `\`; a line feed is `\n`.
 */
export const identifier = (name: string): string =>
  `"${name.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;

/** A value in single quotes. Rules: InfluxQL reference, "Strings". */
export const literal = (value: string): string =>
  `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n")}'`;

/** What can be selected of one measurement; a misspelt field or tag does not compile. */
export interface Selectors<Tag extends string, Field extends string> {
  sum(field: Field): Expression;
  mean(field: Field): Expression;
  max(field: Field): Expression;
  min(field: Field): Expression;
  last(field: Field): Expression;
  /** How many points have the field. */
  count(field: Field): Expression;
  /** Value below which `percent` (0..100) of the points lie, nearest rank. */
  percentile(field: Field, percent: number): Expression;
  /** The `rows` largest values, at most one for each value of the tag, which becomes a column of its own. */
  top(field: Field, tag: Tag, rows: number): Expression;
  /** The `rows` smallest values, likewise. */
  bottom(field: Field, tag: Tag, rows: number): Expression;
  /** The field as it is, point by point. */
  each(field: Field): Expression;
  /** A tag, point by point; only beside {@link Selectors.each}. */
  tag(tag: Tag): Expression;
}

const call = (name: string, field: string, ...more: readonly string[]): Expression =>
  new Expression(`${name}(${[identifier(field), ...more].join(", ")})`);

/** The selectors, for any measurement. {@link Selectors} narrows the names. */
export const selectors: Selectors<string, string> = {
  sum: (field) => call("sum", field),
  mean: (field) => call("mean", field),
  max: (field) => call("max", field),
  min: (field) => call("min", field),
  last: (field) => call("last", field),
  count: (field) => call("count", field),
  percentile: (field, percent) => call("percentile", field, String(percent)),
  top: (field, tag, rows) => call("top", field, identifier(tag), String(rows)),
  bottom: (field, tag, rows) => call("bottom", field, identifier(tag), String(rows)),
  each: (field) => new Expression(identifier(field)),
  tag: (tag) => new Expression(identifier(tag)),
};
