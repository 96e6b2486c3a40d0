import type { ASTNode } from "@marcbachmann/cel-js";

/** Said where only the full evaluator knows: another type than expected, a name that is not there, a function. */
export const unsure: unique symbol = Symbol("unsure");

/** Functions of one argument by name; each says `unsure` of what is not its type. */
export type QuickCalls = Readonly<Record<string, (value: unknown) => unknown>>;

type Names = Readonly<Record<string, unknown>>;
type Run = (names: Names) => unknown;

/** An expression's part; `isInt`: its value is a whole number of CEL's type int, here as a plain number. */
interface Quick {
  readonly run: Run;
  readonly isInt: boolean;
}

const none: Quick = { run: () => unsure, isInt: false };
const plain = (run: Run): Quick => ({ run, isInt: false });

/** Figures of a window that are of type int. */
const intFigures: ReadonlySet<string> = new Set(["count", "distinct"]);

const ofLiteral = (value: unknown): Quick => {
  if (typeof value === "bigint") {
    const figure = Number(value);
    return Number.isSafeInteger(figure) ? { run: () => figure, isInt: true } : none;
  }
  return value === null || ["string", "number", "boolean"].includes(typeof value) ? plain(() => value) : none;
};

const ofName = (name: string): Quick =>
  plain((names) => {
    const value = names[name];
    return value === undefined ? unsure : value;
  });

const ofField = (parent: ASTNode, name: string, calls: QuickCalls): Quick => {
  if (parent.op === "id" && parent.args === "window") {
    const run: Run = (names) => (names["window"] as Names | undefined)?.[name] ?? unsure;
    return { run, isInt: intFigures.has(name) };
  }
  const of = quickOf(parent, calls).run;
  return plain((names) => {
    const value = of(names);
    if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, name))
      return unsure;
    const field = (value as Names)[name];
    return field === undefined ? unsure : field;
  });
};

/** Values of the same type, so that JavaScript compares them as CEL does. */
const areAlike = (left: unknown, right: unknown): boolean =>
  typeof left === typeof right && (typeof left === "string" || typeof left === "number" || typeof left === "boolean");

const isScalar = (value: unknown): boolean => ["string", "number", "boolean"].includes(typeof value);

const ofEquality = (left: Quick, right: Quick, isEqual: boolean): Quick => {
  if (left.isInt !== right.isInt) return none;
  return plain((names) => {
    const a = left.run(names);
    const b = right.run(names);
    if (a === unsure || b === unsure) return unsure;
    if (areAlike(a, b)) return (a === b) === isEqual;
    // Against null everything can be compared.
    if ((a === null && (b === null || isScalar(b))) || (b === null && isScalar(a))) return (a === b) === isEqual;
    return unsure;
  });
};

const orders = {
  "<": (left: number, right: number) => left < right,
  "<=": (left: number, right: number) => left <= right,
  ">": (left: number, right: number) => left > right,
  ">=": (left: number, right: number) => left >= right,
} as const;

const sums = {
  "+": (left: number, right: number) => left + right,
  "-": (left: number, right: number) => left - right,
  "*": (left: number, right: number) => left * right,
  "/": (left: number, right: number) => left / right,
} as const;

const ofFigures = (left: Quick, right: Quick, body: (left: number, right: number) => unknown): Quick =>
  plain((names) => {
    const a = left.run(names);
    const b = right.run(names);
    return typeof a === "number" && typeof b === "number" ? body(a, b) : unsure;
  });

/** One side decides alone, or both must be known. */
const ofLogic = (left: Run, right: Run, decides: boolean): Quick =>
  plain((names) => {
    const a = left(names);
    if (typeof a !== "boolean") return unsure;
    if (a === decides) return decides;
    const b = right(names);
    return typeof b === "boolean" ? b : unsure;
  });

const textsOf = (node: ASTNode): ReadonlySet<string> | undefined => {
  if (node.op !== "list") return undefined;
  const texts = node.args.flatMap((item) => (item.op === "value" && typeof item.args === "string" ? [item.args] : []));
  return texts.length === node.args.length ? new Set(texts) : undefined;
};

const ofMembership = (left: ASTNode, right: ASTNode, calls: QuickCalls): Quick => {
  const texts = textsOf(right);
  if (texts === undefined) return none;
  const of = quickOf(left, calls).run;
  return plain((names) => {
    const value = of(names);
    return typeof value === "string" ? texts.has(value) : unsure;
  });
};

const ofCall = (name: string, [argument, ...others]: readonly ASTNode[], calls: QuickCalls): Quick => {
  if (argument === undefined || others.length > 0) return none;
  const of = quickOf(argument, calls);
  const call = Object.hasOwn(calls, name) && !of.isInt ? calls[name] : undefined;
  if (call !== undefined) {
    return plain((names) => {
      const value = of.run(names);
      return value === unsure ? unsure : call(value);
    });
  }
  if (name !== "double") return none;
  return plain((names) => {
    const value = of.run(names);
    return typeof value === "number" ? value : unsure;
  });
};

const ascii = /^[ -~]*$/;

/** How long a text is; what is not ASCII is counted by the full evaluator. */
const ofSize = (of: Run): Quick => ({
  run: (names) => {
    const value = of(names);
    return typeof value === "string" && ascii.test(value) ? value.length : unsure;
  },
  isInt: true,
});

const ofChoice = (condition: Run, then: Quick, otherwise: Quick): Quick => {
  if (then.isInt || otherwise.isInt) return none;
  return plain((names) => {
    const chosen = condition(names);
    return typeof chosen === "boolean" ? (chosen ? then : otherwise).run(names) : unsure;
  });
};

interface CountsDistinct {
  distinctAsFarAs(enough: number): number;
}

const isWindow = (value: unknown): value is CountsDistinct =>
  typeof value === "object" && value !== null && "distinctAsFarAs" in value;

/** One side of a comparison. How many values of a window differ is counted only as far as the other side asks. */
const ofSide = (node: ASTNode, other: ASTNode, calls: QuickCalls): Quick => {
  const side = quickOf(node, calls);
  if (node.op !== "." || node.args[1] !== "distinct" || !side.isInt || other.op !== "value") return side;
  const enough = Number(other.args);
  const run: Run = (names) => {
    const { window } = names;
    return isWindow(window) ? window.distinctAsFarAs(enough) : side.run(names);
  };
  return { run, isInt: true };
};

const ofSides = ([left, right]: readonly [ASTNode, ASTNode], calls: QuickCalls): readonly [Quick, Quick] => [
  ofSide(left, right, calls),
  ofSide(right, left, calls),
];

const quickOf = (node: ASTNode, calls: QuickCalls): Quick => {
  switch (node.op) {
    case "value":
      return ofLiteral(node.args);
    case "id":
      return ofName(node.args);
    case ".":
      return ofField(...node.args, calls);
    case "==":
    case "!=":
      return ofEquality(...ofSides(node.args, calls), node.op === "==");
    case "<":
    case "<=":
    case ">":
    case ">=": {
      const [left, right] = ofSides(node.args, calls);
      return left.isInt === right.isInt ? ofFigures(left, right, orders[node.op]) : none;
    }
    case "+":
    case "-":
    case "*":
    case "/": {
      const [left, right] = [quickOf(node.args[0], calls), quickOf(node.args[1], calls)];
      return left.isInt || right.isInt ? none : ofFigures(left, right, sums[node.op]);
    }
    case "&&":
    case "||":
      return ofLogic(quickOf(node.args[0], calls).run, quickOf(node.args[1], calls).run, node.op === "||");
    case "!_": {
      const { run } = quickOf(node.args, calls);
      return plain((names) => {
        const value = run(names);
        return typeof value === "boolean" ? !value : unsure;
      });
    }
    case "in":
      return ofMembership(...node.args, calls);
    case "call":
      return ofCall(...node.args, calls);
    case "rcall":
      return node.args[0] === "size" && node.args[2].length === 0 ? ofSize(quickOf(node.args[1], calls).run) : none;
    case "?:":
      return ofChoice(quickOf(node.args[0], calls).run, quickOf(node.args[1], calls), quickOf(node.args[2], calls));
    default:
      return none;
  }
};

/**
 * A short way to the value of an expression: comparisons of fields with constants, joined by and, or, not. Where it says
 * {@link unsure} the full evaluator has to be asked; where it says anything else, that one says the same.
 */
export const quickProgram = (ast: ASTNode, calls: QuickCalls): Run => {
  const { run, isInt } = quickOf(ast, calls);
  return isInt ? none.run : run;
};
