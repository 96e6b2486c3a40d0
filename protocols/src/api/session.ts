import { z } from "zod";
import { apiTimeSchema } from "./common.ts";
import { userRoles } from "./words.ts";

/** The officer of the register who signs in under a name, by code and name; null: nobody of it does. */
export const officerOfUserSchema = z.object({ code: z.string(), name: z.string() }).nullable().optional();

/** `POST /api/v1/login`. */
export const loginRequestSchema = z.strictObject({
  user: z.string().min(1).max(64),
  password: z.string().min(1).max(256),
});

/** `POST /api/v1/password`. The present password is asked again, so that an open screen is not enough. */
export const passwordRequestSchema = z.strictObject({
  present: z.string().min(1).max(256),
  next: z.string().min(1).max(256),
});

/** Requests without content. */
export const emptyRequestSchema = z.strictObject({});

/** `POST /api/v1/logout`. */
export const signedOutSchema = z.object({ signedOut: z.literal(true) });

/** Who is signed in, and where. Answer to login, password change and `GET /api/v1/me`. */
export const accountSchema = z.object({
  user: z.string(),
  role: z.enum(userRoles),
  /** True while the one-time password has not been changed: nothing else is allowed until then. */
  mustChangePassword: z.boolean(),
  /** What the user sees: the whole centre, or areas with all below them and sites, by code; all empty: nothing. */
  scope: z.object({ whole: z.boolean(), areas: z.array(z.string()), sites: z.array(z.string()) }),
  /** Alerts of this officer are the user's own. */
  officer: officerOfUserSchema,
  centreName: z.string(),
  /** IANA name of the zone that decides what is today. */
  timezone: z.string(),
  /** The session ends then at the latest. */
  expiresAt: apiTimeSchema,
  /** True for a screen that nobody stands at: it sees what screens show, and can do nothing. */
  display: z.boolean().optional(),
});

export type Account = z.infer<typeof accountSchema>;
export type LoginRequest = z.infer<typeof loginRequestSchema>;
export type PasswordRequest = z.infer<typeof passwordRequestSchema>;
