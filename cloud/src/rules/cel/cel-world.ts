import { Environment } from "@marcbachmann/cel-js";
import { type CelSurroundings, celLimits, withFunctions } from "./cel-functions.ts";

/** Names that expressions may use, with what they stand for. */
export type CelNames = Readonly<Record<string, unknown>>;

/** An expression ready to be evaluated. @throws Error when it cannot be: a field that is not there, types that do not fit */
export type CelProgram = (names: CelNames) => unknown;

/** Prepares expressions that share functions, and says what those are about while they are evaluated. */
export class CelWorld {
  readonly #environment: Environment;
  /** To be set before a program runs. */
  surroundings: CelSurroundings;

  constructor(surroundings: CelSurroundings) {
    this.surroundings = surroundings;
    this.#environment = new Environment({ unlistedVariablesAreDyn: true, limits: celLimits });
    withFunctions(this.#environment, () => this.surroundings);
  }

  /** @throws Error when the text is no expression */
  program(text: string): CelProgram {
    return this.#environment.parse(text) as CelProgram;
  }
}

/** A label's text: figures and truth values as they are written, nothing for null. */
export const labelText = (value: unknown): string => {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" || typeof value === "bigint" ? String(value) : "";
};
