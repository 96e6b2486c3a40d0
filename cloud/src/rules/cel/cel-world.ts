import { Environment } from "@marcbachmann/cel-js";
import { WindowView } from "../gathering/window-state.ts";
import { type CelSurroundings, celLimits, figureOf, withFunctions } from "./cel-functions.ts";
import { type QuickCalls, quickProgram, unsure } from "./quick-program.ts";

/** Names that expressions may use, with what they stand for. */
export type CelNames = Readonly<Record<string, unknown>>;

/** An expression ready to be evaluated. @throws Error when it cannot be: a field that is not there, types that do not fit */
export type CelProgram = (names: CelNames) => unknown;

/** The full evaluator wants plain figures. */
const settled = (names: CelNames): CelNames => {
  const { window } = names;
  return window instanceof WindowView ? { ...names, window: window.figures() } : names;
};

/** Prepares expressions that share functions, and says what those are about while they are evaluated. */
export class CelWorld {
  readonly #environment: Environment;
  readonly #ofRecords = new Map<string, CelProgram>();
  readonly #calls: QuickCalls = {
    num: figureOf,
    itemName: (code) => (typeof code === "string" ? this.surroundings.itemName(code) : ""),
    within: (purpose) => (typeof purpose === "string" ? this.surroundings.within(purpose) : unsure),
  };
  /** To be set before a program runs. */
  surroundings: CelSurroundings;

  constructor(surroundings: CelSurroundings) {
    this.surroundings = surroundings;
    this.#environment = new Environment({ unlistedVariablesAreDyn: true, limits: celLimits });
    withFunctions(this.#environment, () => this.surroundings);
  }

  /** @throws Error when the text is no expression */
  program(text: string): CelProgram {
    const full = this.#environment.parse(text);
    const quick = quickProgram(full.ast, this.#calls);
    return (names) => {
      const value = quick(names);
      return value === unsure ? full(settled(names)) : value;
    };
  }

  /**
   * The same for expressions over a record: rules that ask the same share the answer, as long as the names stay one and the
   * same object.
   * @throws Error when the text is no expression
   */
  recordProgram(text: string): CelProgram {
    const known = this.#ofRecords.get(text);
    if (known !== undefined) return known;
    const program = this.program(text);
    let last: CelNames | undefined;
    let value: unknown;
    const shared: CelProgram = (names) => {
      if (names === last) return value;
      value = program(names);
      last = names;
      return value;
    };
    this.#ofRecords.set(text, shared);
    return shared;
  }
}

/** A label's text: figures and truth values as they are written, nothing for null. */
export const labelText = (value: unknown): string => {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" || typeof value === "bigint" ? String(value) : "";
};
