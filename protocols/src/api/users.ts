import { z } from "zod";
import { apiTimeSchema } from "./common.ts";
import { officerOfUserSchema } from "./session.ts";
import { userNamePattern, userRoles } from "./words.ts";

/** A code of the register. */
const codeSchema = z.string().min(1).max(64);

/** Areas (with all below them) and sites that a user sees, by code. */
export const userScopeSchema = z.strictObject({
  areas: z.array(codeSchema).max(200).default([]),
  sites: z.array(codeSchema).max(200).default([]),
});

/** A user as administrators see it; never with a password. */
export const userViewSchema = z.object({
  name: z.string(),
  role: z.enum(userRoles),
  /** Both empty: the whole centre for `centre`, `administrator` and `auditor`, nothing for anybody else. */
  areas: z.array(z.string()),
  sites: z.array(z.string()),
  mustChangePassword: z.boolean(),
  createdAt: apiTimeSchema,
  passwordSetAt: apiTimeSchema,
  disabledAt: apiTimeSchema.nullable(),
  /** Who of the register signs in under this name. */
  officer: officerOfUserSchema,
});

/** `GET /api/v1/users`. */
export const userListSchema = z.object({ users: z.array(userViewSchema) });

/** The user in a path. */
export const userPathSchema = z.strictObject({ name: z.string().regex(userNamePattern) });

/** Body of `POST /api/v1/users`. */
export const userAddSchema = z.strictObject({
  name: z.string().regex(userNamePattern),
  role: z.enum(userRoles),
  areas: userScopeSchema.shape.areas,
  sites: userScopeSchema.shape.sites,
});

/** Body of `POST /api/v1/users/:name/role`. */
export const userRoleSchema = z.strictObject({ role: z.enum(userRoles) });

/** Body of `POST /api/v1/users/:name/officer`. Null: the user is no officer of the register. */
export const userOfficerSchema = z.strictObject({ officer: codeSchema.nullable() });

/** A user with a password for one use, shown only in this answer. */
export const userWithPasswordSchema = z.object({ user: userViewSchema, oneTimePassword: z.string() });

/** A user after a change. The user's sessions have ended. */
export const userChangedSchema = z.object({ user: userViewSchema });

export type UserScope = z.output<typeof userScopeSchema>;
export type UserView = z.infer<typeof userViewSchema>;
