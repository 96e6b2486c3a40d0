import { bodySchemas, type MingchengRecord, type RecordKind } from "@mingcheng/protocols";
import { z } from "zod";

const bare = (schema: z.ZodType): z.ZodType =>
  schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ? bare(schema.unwrap() as z.ZodType) : schema;

/** Schema of what a field path names in records of a kind; undefined when there is no such field. */
export const fieldSchema = (kind: RecordKind, field: string): z.ZodType | undefined => {
  if (field === "gw" || field === "dev") return z.string();
  const [root, ...path] = field.split(".");
  let schema: z.ZodType | undefined = root === "body" ? bodySchemas[kind] : undefined;
  for (const name of path) {
    const parent: z.ZodType | undefined = schema === undefined ? undefined : bare(schema);
    const shape = parent instanceof z.ZodObject ? (parent.shape as Record<string, z.ZodType>) : {};
    schema = Object.hasOwn(shape, name) ? shape[name] : undefined;
  }
  return schema;
};

/** Fields that hold one value, not a group of them. */
export const isPlainField = (schema: z.ZodType): boolean => {
  const plain = bare(schema);
  return !(plain instanceof z.ZodObject || plain instanceof z.ZodArray || plain instanceof z.ZodRecord);
};

/** Reads a field of a record; what is not there is null. */
export const fieldReader = (field: string): ((record: MingchengRecord) => unknown) => {
  if (field === "gw") return ({ gw }) => gw;
  if (field === "dev") return ({ dev }) => dev;
  const path = field.split(".").slice(1);
  return ({ body }) => {
    let value: unknown = body;
    for (const name of path) value = (value as Record<string, unknown> | null | undefined)?.[name];
    return value ?? null;
  };
};
