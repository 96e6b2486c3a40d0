import { bodyFault } from "@mingcheng/protocols";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPlainBody } from "./plain-body.ts";
import { bodyOf } from "./trial/sample-bodies.ts";

type Body = Record<string, unknown>;

/** What somebody may have put in the place of something. */
const other: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    undefined,
    "",
    "1",
    "-1.50",
    "1.",
    ".5",
    "１",
    "kg",
    "gross",
    "weight",
    "reported",
    true,
    {},
    [],
  ),
  fc.constantFrom<unknown>(0, -1, 1.5, 1e12, 1e12 + 1, -1e12 - 1, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY),
  fc.constantFrom<unknown>(
    "x".repeat(16),
    "x".repeat(17),
    "x".repeat(32),
    "x".repeat(33),
    "x".repeat(64),
    "x".repeat(65),
  ),
);
/** Where: a field of the body, of `settling`, or of the first line; and whether it is taken away. */
const change = fc.record({
  in: fc.constantFrom("body", "settling", "line"),
  field: fc.integer({ min: 0, max: 30 }),
  how: fc.oneof(
    { weight: 5, arbitrary: fc.constant("set" as const) },
    fc.constantFrom("remove" as const, "add" as const),
  ),
  value: other,
});
type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never;

const changed = (kind: string, changes: readonly Change[]): Body => {
  const body = structuredClone(bodyOf(kind, kind === "sale" ? { lines: [{}] } : {})) as Body;
  const lines = body["lines"] as Body[] | undefined;
  for (const { in: where, field, how, value } of changes) {
    const inner = where === "settling" ? body["settling"] : where === "line" ? lines?.[0] : body;
    const of = (typeof inner === "object" && inner !== null ? inner : body) as Body;
    const names = Object.keys(of);
    const name = how === "add" ? "more" : (names[field % Math.max(1, names.length)] ?? "more");
    if (how === "remove") delete of[name];
    else of[name] = value;
  }
  return body;
};

/** Whatever `check` takes for sound the schema takes, too. */
const neverTooMuch = (check: (kind: string, body: unknown) => boolean): void =>
  fc.assert(
    fc.property(fc.constantFrom("weighing", "sale", "test"), fc.array(change, { maxLength: 3 }), (kind, changes) => {
      // As it comes out of JSON.
      const text = JSON.stringify(changed(kind, changes));
      const body: unknown = JSON.parse(text);
      if (check(kind, body)) expect([text, bodyFault(kind, body)]).toEqual([text, undefined]);
    }),
    { numRuns: 3_000 },
  );

describe("a body in which nothing is unusual", () => {
  it("is known without its schema, which would say the same (property)", () => {
    expect(["weighing", "sale"].map((kind) => isPlainBody(kind, changed(kind, [])))).toEqual([true, true]);
    neverTooMuch(isPlainBody);
  });

  it("would not be, if one field was not looked at", () => {
    const careless = (kind: string, body: unknown): boolean =>
      isPlainBody(kind, { ...(body as Body), ...(kind === "weighing" ? { value: "1" } : {}) });
    expect(() => neverTooMuch(careless)).toThrow();
  });

  it("says nothing of other kinds and of what is no object", () => {
    for (const [kind, body] of [
      ["test", bodyOf("test", {})],
      ["constructor", {}],
      ["sale", null],
      ["weighing", "x"],
    ] as const) {
      expect(isPlainBody(kind, body)).toBe(false);
    }
  });
});
