import { join } from "node:path";
import { MingchengError, type Sha256, toHex } from "@mingcheng/protocols";
import { z } from "zod";
import { isUnreadable } from "./disk-fault.ts";
import type { OutboxFiles } from "./outbox-files.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const seq = z.int().positive();

const stateLineSchema = z.strictObject({
  ep: z.int().positive(),
  eid: z.string().regex(/^[0-9a-f]{32}$/),
  /** Largest seq when this was written, and h of it; 0 and null before the first. */
  head: z.int().nonnegative(),
  h: hash.nullable(),
  /** The line has ended: `head` is its last. */
  ended: z.boolean(),
  /** [from, to, h(to), generation and time of the receipt] */
  freed: z.array(z.tuple([seq, seq, hash, z.string(), z.string()])),
  /** [from, to]: losses already reported; `to` null: everything behind `from`. */
  lost: z.array(z.tuple([seq, seq.nullable()])),
});

const outboxStateSchema = z.strictObject({
  v: z.literal(1),
  /** Counts the writes: of two copies the larger is the newer. */
  revision: z.int().positive(),
  gw: z.string(),
  /** Largest epoch number ever used. */
  marker: z.int().nonnegative(),
  /** Newest segment known to hold records; 0 before the first. */
  active: z.int().nonnegative(),
  /** In the order in which they were opened. */
  lines: z.array(stateLineSchema),
  /** [segment, offset]: frames of a failed commit that could not be overwritten; void from the offset on. */
  voids: z.array(z.tuple([z.int().positive(), z.int().nonnegative()])),
  /** Losses for which no `gap` record is known to be durable yet: reported again at the next open. */
  unreported: z.array(
    z.strictObject({
      ep: z.int().positive(),
      eid: z.string(),
      from: seq,
      to: seq.nullable(),
      reason: z.enum(["damaged", "cut", "missing"]),
    }),
  ),
  /** [segment, time]: since when all its records are known to be receipted. */
  receipted: z.array(z.tuple([z.int().positive(), z.string()])),
});

/** What the outbox remembers beside the segments. */
export type OutboxState = z.infer<typeof outboxStateSchema>;
export type StateLine = z.infer<typeof stateLineSchema>;

/** The two copies: a damaged one never costs what it says. */
export const stateNames = ["state.json", "state.copy.json"] as const;

/** One copy's bytes: a line of JSON, then a line with its SHA-256. */
export const encodeState = (sha256: Sha256, state: OutboxState): Buffer => {
  const json = Buffer.from(JSON.stringify(state));
  return Buffer.concat([json, Buffer.from(`\n{"sha256":"${toHex(sha256(json))}"}\n`)]);
};

/** A state of any layout: only its version is looked at. */
const versionedSchema = z.looseObject({ v: z.int() });

/**
 * The state in these bytes, undefined when they are damaged.
 * @throws {MingchengError} OUTBOX_TOO_NEW: intact, but written by a newer program
 */
export const decodeState = (sha256: Sha256, bytes: Buffer): OutboxState | undefined => {
  const cut = bytes.indexOf(0x0a);
  if (cut < 0) return undefined;
  const json = bytes.subarray(0, cut);
  if (bytes.toString("latin1", cut) !== `\n{"sha256":"${toHex(sha256(json))}"}\n`) return undefined;
  const stated: unknown = JSON.parse(json.toString());
  const version = versionedSchema.safeParse(stated).data?.v ?? 0;
  if (version > 1) throw new MingchengError("OUTBOX_TOO_NEW", `state of layout ${version}, this program reads 1`);
  return outboxStateSchema.safeParse(stated).data;
};

const readWhole = async (files: OutboxFiles, path: string): Promise<Buffer> => {
  const file = await files.open(path, "read");
  try {
    const bytes = Buffer.alloc(await file.size());
    return bytes.subarray(0, await file.read(bytes, bytes.length, 0));
  } finally {
    await file.close();
  }
};

const readCopy = async (files: OutboxFiles, sha256: Sha256, path: string): Promise<OutboxState | undefined> => {
  try {
    return decodeState(sha256, await readWhole(files, path));
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
};

/** The newest intact copy, and which copies are there but damaged. @throws the system's error when the disk refuses */
export const readState = async (
  files: OutboxFiles,
  sha256: Sha256,
  dir: string,
  names: readonly string[],
): Promise<{ readonly state: OutboxState | undefined; readonly damaged: readonly string[] }> => {
  let state: OutboxState | undefined;
  const damaged: string[] = [];
  for (const name of stateNames) {
    if (!names.includes(name)) continue;
    const copy = await readCopy(files, sha256, join(dir, name));
    if (copy === undefined) damaged.push(name);
    else if (state === undefined || copy.revision > state.revision) state = copy;
  }
  return { state, damaged };
};

/** Writes both copies, each atomically; afterwards they are on disk. @throws the system's error */
export const writeState = async (
  files: OutboxFiles,
  sha256: Sha256,
  dir: string,
  state: OutboxState,
): Promise<void> => {
  const bytes = encodeState(sha256, state);
  for (const name of stateNames) {
    const temporary = join(dir, `${name}.tmp`);
    const file = await files.open(temporary, "create");
    try {
      await file.write(bytes, bytes.length, 0);
      await file.datasync();
    } finally {
      await file.close();
    }
    await files.rename(temporary, join(dir, name));
  }
  await files.syncDirectory(dir);
};
