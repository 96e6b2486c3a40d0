import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import { z } from "zod";

/** The newest entry, kept beside the database: entries that are cut off at the end are missed by it. */
export const auditHeadSchema = z.strictObject({
  v: z.literal(1),
  n: z.int().positive(),
  h: z.string().regex(/^[0-9a-f]{64}$/),
  kid: z.string().min(1).max(64),
  /** Base64, the entry's own signature. */
  sig: z.base64(),
});

export type AuditHead = z.infer<typeof auditHeadSchema>;

/** Where the head of a data directory's log is. */
export const auditHeadPath = (dataDirectory: string): string => join(dataDirectory, "audit-head.json");

/** The head; undefined when there is none, `damaged` when it cannot be read. */
export const readAuditHead = (path: string): AuditHead | "damaged" | undefined => {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ENOENT" ? undefined : "damaged";
  }
  try {
    const parsed = auditHeadSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : "damaged";
  } catch {
    return "damaged";
  }
};

/** Replaces the head, durably and as a whole. Call while nobody else can add entries. @throws the system's error */
export const writeAuditHead = (path: string, head: AuditHead): void => {
  const temporary = `${path}.${process.pid}-${threadId}.tmp`;
  const file = openSync(temporary, "w", 0o600);
  try {
    writeSync(file, `${JSON.stringify(head)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
};
