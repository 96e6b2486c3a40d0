import { bodySchemas, type RecordKind } from "@mingcheng/protocols";
import { z } from "zod";
import type { RuleKind } from "../rule.ts";

/** A CEL type by name, or fields with theirs. */
export type CelShape = string | { readonly [field: string]: CelShape };

/** What `gateway` holds in rules about `gateway-state`. */
export const gatewayStateShape = {
  online: "bool",
  /** Seconds since it was last heard of; 0 while it is online. */
  offlineSeconds: "double",
  /** Codes of the alarms it raises itself. */
  alarms: "list<string>",
  /** Lines of this gateway that are disputed: two boxes with one identity, or a rewritten past. */
  disputedLines: "int",
  /** Named holes in its records. */
  gaps: "int",
  /** Records it has that the centre lacks, as far as the centre knows. */
  pending: "int",
  /** Room left on its disk in 10^6 bytes, by its own word; infinite as long as it has not said. */
  diskFreeMegabytes: "double",
} as const satisfies CelShape;

/** What `device` holds in rules about `registered-device`: empty texts where the register does not say. */
export const registeredDeviceShape = {
  ...{ class: "string", certificate: "string" },
  /** Last day of its verification, `2026-11-30`. */
  expires: "string",
} as const satisfies CelShape;

/** What `site` holds: empty texts where the register does not say. */
export const siteShape = {
  ...{ known: "bool", code: "string", type: "string", stall: "string", vendor: "string", area: "string" },
  areas: "list<string>",
} as const satisfies CelShape;

/** What `window` holds. */
export const windowShape = {
  ...{ count: "int", distinct: "int", sum: "double", rate: "double", min: "double", max: "double" },
  spanSeconds: "double",
} as const satisfies CelShape;

const bare = (schema: z.ZodType): z.ZodType =>
  schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ? bare(schema.unwrap() as z.ZodType) : schema;

const shapeOf = (schema: z.ZodType): CelShape => {
  // What may be missing has no type that CEL could check before it is there.
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return "dyn";
  if (schema instanceof z.ZodObject) {
    const fields = Object.entries(schema.shape as Record<string, z.ZodType>);
    return Object.fromEntries(fields.map(([name, field]) => [name, shapeOf(field)]));
  }
  if (schema instanceof z.ZodString || schema instanceof z.ZodEnum) return "string";
  if (schema instanceof z.ZodBoolean) return "bool";
  if (schema instanceof z.ZodNumber) return "double";
  if (schema instanceof z.ZodArray) return schema.element instanceof z.ZodObject ? "list<dyn>" : "list";
  return "dyn";
};

/** Schema of what a path names, e.g. `body.verdict`, `body.lines`; undefined when records of the kind have no such field. */
export const schemaAt = (kind: RuleKind, path: readonly string[]): z.ZodType | undefined => {
  let schema: z.ZodType | undefined = path[0] === "body" ? bodySchemas[kind as RecordKind] : undefined;
  for (const name of path.slice(1)) {
    const parent = schema === undefined ? undefined : bare(schema);
    const fields = parent instanceof z.ZodObject ? (parent.shape as Record<string, z.ZodType>) : {};
    schema = Object.hasOwn(fields, name) ? fields[name] : undefined;
  }
  return schema === undefined ? undefined : bare(schema);
};

/**
 * What a path names in records of a kind, or in an element of a list (`each.item`): `present`, always there; `optional`, or
 * null; `absent`, not even null where it is left out; `none`, no field at all. Undefined where nothing is known of it.
 */
export const fieldAt = (
  kind: RuleKind,
  each: string | null,
  [root, ...path]: readonly string[],
): "present" | "optional" | "absent" | "none" | undefined => {
  let schema =
    root === "each" && each !== null
      ? elementSchemaAt(kind, each)
      : root === "body"
        ? schemaAt(kind, ["body"])
        : undefined;
  if (schema === undefined || path.length === 0) return undefined;
  for (const name of path) {
    const parent: z.ZodType = bare(schema);
    if (!(parent instanceof z.ZodObject)) return undefined;
    const fields = parent.shape as Record<string, z.ZodType>;
    schema = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (schema === undefined) return "none";
  }
  // Of the record itself, and of elements of a list, what is left out is filled up with null.
  if (schema instanceof z.ZodOptional) return path.length === 1 ? "optional" : "absent";
  return schema instanceof z.ZodNullable ? "optional" : "present";
};

/** Schema of the elements of a list in records of a kind; undefined when there is no such list. */
export const elementSchemaAt = (kind: RuleKind, each: string): z.ZodType | undefined => {
  const list = schemaAt(kind, each.split("."));
  return list instanceof z.ZodArray ? (list.element as z.ZodType) : undefined;
};

/** Shape of `body` for records of a kind. */
export const bodyShape = (kind: RuleKind): CelShape | undefined => {
  const schema = bodySchemas[kind as RecordKind];
  return schema === undefined ? undefined : shapeOf(schema);
};

/** Shape of `each`; undefined when there is no such list. */
export const eachShape = (kind: RuleKind, each: string): CelShape | undefined => {
  if (kind === "gateway-state") return each === "gateway.alarms" ? "string" : undefined;
  const schema = elementSchemaAt(kind, each);
  return schema === undefined ? undefined : shapeOf(schema);
};

const optionalIn = (schema: z.ZodType | undefined): readonly string[] => {
  if (!(schema instanceof z.ZodObject)) return [];
  const fields = Object.entries(schema.shape as Record<string, z.ZodType>);
  return fields.filter(([, field]) => field instanceof z.ZodOptional).map(([name]) => name);
};

/** Fields of a body that a record may leave out: expressions see null. */
export const optionalFields = (kind: RuleKind): readonly string[] => optionalIn(bodySchemas[kind as RecordKind]);

/** The same of the elements of a list. */
export const optionalElementFields = (kind: RuleKind, each: string): readonly string[] =>
  optionalIn(elementSchemaAt(kind, each));
