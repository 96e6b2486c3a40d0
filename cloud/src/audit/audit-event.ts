import { z } from "zod";
import type { AuditAction } from "./audit-actions.ts";

/** A value of an entry's details: small, and never a password, key or code. */
export type AuditValue = string | number | boolean | null;

/** Something that somebody did, or tried to do. */
export interface AuditEvent {
  /** A user's name, `<name>@terminal`, `centre` for what it does by itself, `-` for somebody who is not signed in. */
  readonly actor: string;
  /** Network address, where there is one. */
  readonly address?: string | null;
  readonly action: AuditAction;
  /** What it was done to, by kind and id: `user:wang.li`, `gateway:market-songbai`, `alert:…`. */
  readonly subject: string;
  /** `refused`: it was tried, and did not happen. */
  readonly outcome?: "done" | "refused";
  readonly detail?: Readonly<Record<string, AuditValue>>;
}

/** Where actions are noted. An entry that cannot be written throws: what cannot be noted must not happen. */
export interface Audit {
  /**
   * Adds an entry. Inside a transaction of the register's connection it is committed, or taken back, with it.
   * @throws SqliteError while the register cannot be written
   */
  append(event: AuditEvent): void;
}

/** For programs and tests that keep no log. */
export const noAudit: Audit = { append: () => undefined };

const text = z.string().max(500);

/** An entry as it is stored: one line of UTF-8 JSON, hashed and signed as it is. */
export const auditEntrySchema = z.strictObject({
  v: z.literal(1),
  /** Counted from 1, without a gap. */
  n: z.int().positive(),
  at: z.iso.datetime({ precision: 3 }),
  actor: text.min(1),
  address: text.nullable(),
  /** Not a closed list: a newer program may have noted what this one does not know. */
  action: z.string().regex(/^[a-z]+\.[a-z-]+$/),
  subject: text,
  outcome: z.enum(["done", "refused"]),
  detail: z.record(z.string().max(64), z.union([text, z.number(), z.boolean(), z.null()])),
});

export type AuditEntry = z.infer<typeof auditEntrySchema>;

const shortened = (value: string): string => (value.length > 500 ? `${value.slice(0, 499)}…` : value);

/** The entry of an event. Texts that are too long are cut. */
export const entryOf = (event: AuditEvent, n: number, atMs: number): AuditEntry => ({
  ...{ v: 1, n, at: new Date(atMs).toISOString(), actor: shortened(event.actor), address: event.address ?? null },
  ...{ action: event.action, subject: shortened(event.subject), outcome: event.outcome ?? "done" },
  detail: Object.fromEntries(
    Object.entries(event.detail ?? {}).map(([name, value]) => [
      name,
      typeof value === "string" ? shortened(value) : value,
    ]),
  ),
});
