import type { ASTNode } from "@marcbachmann/cel-js";
import type { RuleKind } from "../rule.ts";
import { fieldAt } from "./record-types.ts";

/** Where an expression is wrong. `at`: offset in the expression. */
export interface CelMistake {
  readonly at: number;
  readonly message: string;
}

/** Paths that have a value, as far as an expression's outcome tells. */
interface Known {
  readonly whenTrue: ReadonlySet<string>;
  readonly whenFalse: ReadonlySet<string>;
}

const nothing: ReadonlySet<string> = new Set();
const unknown: Known = { whenTrue: nothing, whenFalse: nothing };

/** Names from the outermost to the innermost of `body.assay.code`; undefined when a node is no such path. */
export const pathOf = (node: ASTNode): readonly string[] | undefined => {
  if (node.op === "id") return [node.args];
  if (node.op !== ".") return undefined;
  const [parent, name] = node.args;
  const path = pathOf(parent);
  return path === undefined ? undefined : [...path, name];
};

const isValue = (node: ASTNode): boolean =>
  (node.op === "value" && node.args !== null) || (node.op === "list" && node.args.every(isValue));

const isNull = (node: ASTNode): boolean => node.op === "value" && node.args === null;

/** Functions that say something of null as well, in their first argument. */
const takeNull: ReadonlySet<string> = new Set(["num", "itemName", "reagentExpiry", "type", "dyn"]);

/** These bind a name of their own, which stands for elements. */
const macros: ReadonlySet<string> = new Set(["exists", "all", "exists_one", "filter", "map"]);

const ordered: ReadonlySet<string> = new Set(["<", "<=", ">", ">=", "+", "-", "*", "/", "%"]);

/**
 * Looks for what records may leave out and an expression takes for there: evaluated, it would break its rule with the
 * first record of that sort. Fields that are not there at all are found behind optional ones, too, where types end.
 */
class NullSearch {
  readonly #kind: RuleKind;
  readonly #each: string | null;
  mistake: CelMistake | undefined;

  constructor(kind: RuleKind, each: string | null) {
    this.#kind = kind;
    this.#each = each;
  }

  #say(node: ASTNode, message: string): void {
    this.mistake ??= { at: node.start, message };
  }

  /** The node's value is used as one: null will not do. */
  #need(node: ASTNode, known: ReadonlySet<string>): void {
    const path = pathOf(node);
    const name = path?.join(".") ?? "";
    if (path === undefined || known.has(name)) return;
    const field = fieldAt(this.#kind, this.#each, path);
    if (field === "optional") this.#say(node, `${name} may be null: ask ${name} != null first`);
  }

  visit(node: ASTNode, known: ReadonlySet<string>): Known {
    if (node.op === "&&" || node.op === "||") return this.#logic(node.args, known, node.op === "&&");
    if (node.op === "!_") {
      const { whenTrue, whenFalse } = this.visit(node.args, known);
      return { whenTrue: whenFalse, whenFalse: whenTrue };
    }
    if (node.op === "?:") {
      const [condition, yes, no] = node.args;
      const asked = this.visit(condition, known);
      this.visit(yes, new Set([...known, ...asked.whenTrue]));
      this.visit(no, new Set([...known, ...asked.whenFalse]));
      return unknown;
    }
    if (node.op === "==" || node.op === "!=" || node.op === "in") return this.#equality(node.op, node.args, known);
    if (node.op === ".") return this.#field(node, known);
    if (node.op === "call") return this.#call(node.args, known);
    if (node.op === "rcall") return this.#method(node.args, known);
    const children = childrenOf(node);
    if (ordered.has(node.op) || node.op === "-_" || node.op === "[]")
      for (const one of children) this.#need(one, known);
    for (const one of children) this.visit(one, known);
    return ordered.has(node.op) ? { whenTrue: new Set(children.flatMap(figured)), whenFalse: nothing } : unknown;
  }

  #logic([left, right]: readonly [ASTNode, ASTNode], known: ReadonlySet<string>, isAnd: boolean): Known {
    const a = this.visit(left, known);
    const b = this.visit(right, new Set([...known, ...(isAnd ? a.whenTrue : a.whenFalse)]));
    const [sure, other] = isAnd ? (["whenTrue", "whenFalse"] as const) : (["whenFalse", "whenTrue"] as const);
    const both = new Set([...a[other]].filter((path) => b[other].has(path)));
    return { ...unknown, [sure]: new Set([...a[sure], ...b[sure]]), [other]: both };
  }

  #equality(op: "==" | "!=" | "in", [left, right]: readonly [ASTNode, ASTNode], known: ReadonlySet<string>): Known {
    for (const side of [left, right]) this.visit(side, known);
    const named = [left, right].flatMap((side) => pathOf(side)?.join(".") ?? []);
    const whenSame = isValue(left) || isValue(right) ? new Set(named) : nothing;
    const whenOther = isNull(left) || isNull(right) ? new Set(named) : nothing;
    if (op === "in") return { whenTrue: isValue(right) ? new Set(named) : nothing, whenFalse: nothing };
    return op === "==" ? { whenTrue: whenSame, whenFalse: whenOther } : { whenTrue: whenOther, whenFalse: whenSame };
  }

  #field(node: Extract<ASTNode, { readonly op: "." }>, known: ReadonlySet<string>): Known {
    const [parent] = node.args;
    this.visit(parent, known);
    this.#need(parent, known);
    const path = pathOf(node) ?? [];
    const name = path.join(".");
    const field = fieldAt(this.#kind, this.#each, path);
    if (field === "none") this.#say(node, `records of kind ${this.#kind} have no ${name}`);
    if (field === "absent" && !known.has(name)) this.#say(node, `${name} may be null: ask has(${name}) first`);
    return unknown;
  }

  #call([name, parts]: readonly [string, readonly ASTNode[]], known: ReadonlySet<string>): Known {
    const [first] = parts;
    if (name === "has" && first?.op === ".") {
      const [parent] = first.args;
      this.visit(parent, known);
      this.#need(parent, known);
      const path = pathOf(first) ?? [];
      // Fields of the record itself are always there, and null where it leaves them out.
      const tells = fieldAt(this.#kind, this.#each, path) === "absent";
      return tells ? { whenTrue: new Set([path.join(".")]), whenFalse: nothing } : unknown;
    }
    for (const [index, part] of parts.entries()) {
      this.visit(part, known);
      if (index > 0 || !takeNull.has(name)) this.#need(part, known);
    }
    return unknown;
  }

  #method([name, of, parts]: readonly [string, ASTNode, readonly ASTNode[]], known: ReadonlySet<string>): Known {
    this.visit(of, known);
    this.#need(of, known);
    for (const part of parts) {
      this.visit(part, known);
      if (!macros.has(name)) this.#need(part, known);
    }
    return unknown;
  }
}

/** The path within `num(path)`: compared, it is a figure, or the comparison is false. */
const figured = (node: ASTNode): string[] => {
  if (node.op !== "call" || node.args[0] !== "num") return [];
  const [argument] = node.args[1];
  const path = argument === undefined ? undefined : pathOf(argument);
  return path === undefined ? [] : [path.join(".")];
};

/** Nodes within a node. */
export const childrenOf = (node: ASTNode): readonly ASTNode[] => {
  const isNode = (value: unknown): value is ASTNode => typeof value === "object" && value !== null && "op" in value;
  const flatten = (value: unknown): ASTNode[] =>
    Array.isArray(value) ? value.flatMap(flatten) : isNode(value) ? [value] : [];
  return flatten(node.args);
};

/**
 * The first use of something that a record of the kind may leave out, or does not have. `given`: expressions that are true
 * where this one is evaluated.
 */
export const nullMistake = (
  node: ASTNode,
  { kind, each, given }: { readonly kind: RuleKind; readonly each: string | null; readonly given: readonly ASTNode[] },
): CelMistake | undefined => {
  const known = given.flatMap((one) => [...new NullSearch(kind, each).visit(one, nothing).whenTrue]);
  const search = new NullSearch(kind, each);
  search.visit(node, new Set(known));
  return search.mistake;
};
