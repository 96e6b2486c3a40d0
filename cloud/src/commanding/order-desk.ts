import { MingchengError } from "@mingcheng/protocols";
import {
  type ConfigurationSettings,
  commandBodySchemas,
  commandKinds,
  commandTtlMs,
  isCommandKind,
  maxCommandBytes,
  settingsSchema,
} from "@mingcheng/protocols/commands";
import type { z } from "zod";
import type { Audit } from "../audit/audit-event.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { OrderStore } from "./order-store.ts";

/** Who orders, why, and for how long it is good. */
export interface Ordering {
  readonly gw: string;
  readonly by: string;
  readonly address?: string | null;
  readonly note: string;
  readonly ttlMs: number;
  readonly nowMs: number;
}

/** Names of people in orders and records are cut here. */
const maxByChars = 64;
/** Room for everything that stands around the settings of a configuration. */
const envelopeBytes = 8 * 1024;

const checked = <Value>(schema: z.ZodType<Value>, value: unknown, field: string): Value => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.code === "unrecognized_keys" ? [...issue.path, issue.keys[0] ?? ""] : (issue?.path ?? []);
  throw new MingchengError("INPUT_INVALID", issue?.message ?? "", { field: [field, ...path.map(String)].join(".") });
};

/**
 * Takes orders to gateways: checked, noted in the audit log, stored. A running centre sends them within a second, another
 * when it is started.
 */
export class OrderDesk {
  readonly #database: SqliteDatabase;
  readonly #audit: Audit;
  readonly #store: OrderStore;

  /** `database`: the register, on a connection that may write; `audit` notes on the same one. */
  constructor(database: SqliteDatabase, audit: Audit) {
    this.#database = database;
    this.#audit = audit;
    this.#store = new OrderStore(database);
  }

  /** Orders a command; returns its name. @throws {MingchengError} INPUT_INVALID, GATEWAY_UNKNOWN */
  command(kind: string, body: unknown, ordering: Ordering): string {
    if (!isCommandKind(kind) || kind === "configuration") {
      const known = commandKinds.filter((name) => name !== "configuration").join(", ");
      throw new MingchengError("INPUT_INVALID", `${kind}: known are ${known}`, { field: "kind" });
    }
    const fits: Readonly<Record<string, unknown>> = checked(
      commandBodySchemas[kind] as z.ZodType<object>,
      body,
      "body",
    ) as Readonly<Record<string, unknown>>;
    return this.#add(kind, fits, ordering);
  }

  /** Orders a configuration; returns the command's name. @throws {MingchengError} INPUT_INVALID, GATEWAY_UNKNOWN */
  configure(settings: unknown, ordering: Ordering): string {
    const fits: ConfigurationSettings = checked(settingsSchema, settings, "settings");
    const bytes = Buffer.byteLength(JSON.stringify(JSON.stringify(fits)));
    if (bytes > maxCommandBytes - envelopeBytes) {
      throw new MingchengError("INPUT_INVALID", `${bytes} bytes are too many`, { field: "settings" });
    }
    return this.#add("configuration", { settings: fits }, ordering);
  }

  #add(kind: string, body: Readonly<Record<string, unknown>>, ordering: Ordering): string {
    const { gw, note, ttlMs, nowMs, address = null } = ordering;
    if (!Number.isSafeInteger(ttlMs) || ttlMs < commandTtlMs.least || ttlMs > commandTtlMs.most) {
      throw new MingchengError("INPUT_INVALID", "a command is good for 1 second to 7 days", { field: "ttlMs" });
    }
    const by = ordering.by.slice(0, maxByChars);
    return this.#database
      .transaction(() => {
        const id = this.#store.add({ gw, kind, body, by, note, ttlMs }, nowMs);
        const action = kind === "configuration" ? "config.changed" : "command.sent";
        const device = body["device"];
        const detail = { id, kind, note, ttlMs, ...(typeof device === "string" ? { device } : {}) };
        this.#audit.append({ actor: ordering.by, address, action, subject: `gateway:${gw}`, detail });
        return id;
      })
      .immediate();
  }
}
