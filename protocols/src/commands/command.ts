import { z } from "zod";
import { deviceIdPattern, gatewayIdPattern } from "../chain/line.ts";

/** A larger command is none: a configuration of 256 devices has about 100 KiB. */
export const maxCommandBytes = 256 * 1024;
/** A command lives for at least a second and at most a week. */
export const commandTtlMs = { least: 1_000, most: 7 * 86_400_000 } as const;
/** Longest result, in characters: it stands in the gateway's record and in its answer. */
export const maxResultChars = 4096;

const device = z.string().regex(deviceIdPattern);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const wall = z.string().max(64);

/** What asks for pictures and recordings. */
const cameraCause = z.enum(["command", "alert", "test", "goods-destroyed", "operator"]);
const moment = z.iso.datetime({ offset: true });
const span = { from: moment, until: moment };

/** Levels of the gateway's log. */
export const logLevelSchema = z.enum(["debug", "info", "warn", "error"]);

/** Bodies of the commands a gateway knows, by kind. Strict: whoever orders more than is understood is refused. */
export const commandBodySchemas = {
  /** Ends one device's session and begins it anew, its line included. */
  "restart-driver": z.strictObject({ device }),
  /** Listens to ports and says what speaks there. Sends read requests only where `probe` says so. */
  detect: z.strictObject({
    /** Port paths and `tcp://host:port`; none: every serial port that no running device uses. */
    ports: z.array(z.string().min(1).max(256)).max(16).default([]),
    seconds: z.int().min(1).max(60).default(15),
    probe: z.boolean().default(false),
  }),
  /** Another level for a while; then the configured one returns by itself. */
  "log-level": z.strictObject({ level: logLevelSchema, forMs: z.int().min(1_000).max(86_400_000) }),
  /** A bundle for whoever maintains the gateway; without any secret. */
  diagnostics: z.strictObject({}),
  /** Presses the scale's tare key, where its protocol documents how. */
  tare: z.strictObject({ device }),
  /** Presses the scale's zero key, where its protocol documents how. */
  zero: z.strictObject({ device }),
  /** Keeps a picture of now and brings it; where it is recorded, what was before and after is held. */
  "camera-still": z.strictObject({
    device,
    cause: cameraCause.default("command"),
    /** The alert, test or case that it belongs to. */
    ref: z.string().max(128).default(""),
    beforeSeconds: z.int().min(0).max(3_600).default(0),
    afterSeconds: z.int().min(0).max(3_600).default(0),
  }),
  /** Exports a span of a recording with a signed manifest, and brings it. */
  "camera-clip": z.strictObject({
    device,
    ...span,
    cause: cameraCause.default("command"),
    ref: z.string().max(128).default(""),
  }),
  /** Holds a span of a recording until it is released. */
  "camera-hold": z.strictObject({
    ...{ device, ...span, cause: cameraCause.default("command"), ref: z.string().max(128).default("") },
    why: z.string().min(1).max(200),
  }),
  /** Releases a hold, by its id. */
  "camera-release": z.strictObject({
    hold: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
    why: z.string().min(1).max(200),
  }),
  /** A signed configuration document, see `configuration.ts`. */
  configuration: z.strictObject({
    document: z
      .string()
      .min(1)
      .max(maxCommandBytes - 4096),
  }),
} as const;

/** What a gateway can be told to do. */
export type CommandKind = keyof typeof commandBodySchemas;

/** Every kind. */
export const commandKinds = Object.keys(commandBodySchemas) as CommandKind[];

/** True for a kind that this program knows. */
export const isCommandKind = (kind: string): kind is CommandKind => Object.hasOwn(commandBodySchemas, kind);

/** Kinds whose effect cannot be had twice without harm, nor be told afterwards: a crash in between leaves `unknown`. */
export const unrepeatableKinds: readonly CommandKind[] = ["tare", "zero"];

/**
 * A command, as the centre's command key signs it (`mc-command-v1`): for one gateway, in one place of its sequence.
 * Fields of later versions are passed over.
 */
export const commandSchema = z.object({
  v: z.literal(1),
  gw: z.string().regex(gatewayIdPattern),
  /** Strictly increasing per gateway, for ever. */
  cseq: z.int().positive(),
  /** The order's own name: a command with a name that was carried out is never carried out again. */
  id: z.string().regex(/^[0-9a-z][0-9a-z-]{0,63}$/),
  kind: z.string().min(1).max(64),
  /** Who ordered it. */
  by: z.string().min(1).max(64),
  /** The centre's time of the order in milliseconds since 1970; the command is void `ttlMs` later. */
  atMs: z.int().positive(),
  ttlMs: z.int().min(commandTtlMs.least).max(commandTtlMs.most),
  body: z.record(z.string(), z.unknown()),
});

export type Command = z.infer<typeof commandSchema>;

/**
 * What became of a command. `accepted`: stored, to be carried out. `waiting`: not taken yet, for a reason that passes.
 * The others are final.
 */
export const ackOutcomes = ["accepted", "waiting", "done", "failed", "refused", "expired", "unknown"] as const;

/** Why a command is not carried out, or not now. Stable names. */
export const refusalReasons = [
  "malformed",
  "forged",
  "unknown-key",
  "wrong-gateway",
  "cseq-taken",
  "out-of-order",
  "replayed",
  "repeated-id",
  "expired",
  "may-have-expired",
  "clock-unknown",
  "queue-full",
  "not-stored",
  "unknown-kind",
  "bad-body",
  "unknown-device",
  "device-offline",
  "not-documented",
  "port-in-use",
  "not-allowed",
  "invalid",
  "old-version",
  "rolled-back",
  "no-answer",
  "device-refused",
  "restarted",
  "fault",
] as const;

export type RefusalReason = (typeof refusalReasons)[number];

/** The gateway's answer on its `ack` topic, signed by its sealing key (`mc-ack-v1`). */
export const ackSchema = z.object({
  v: z.literal(1),
  /** 0 and "" where the message could not be read. */
  cseq: z.int().nonnegative(),
  id: z.string().max(64),
  /** SHA-256 of the command as received. */
  payload: hash,
  outcome: z.enum(ackOutcomes),
  /** Null when nothing is wrong. */
  reason: z.enum(refusalReasons).nullable(),
  /** For people, or JSON by kind. */
  result: z.string().max(maxResultChars),
  /** Where the gateway's own `command` record of it stands; null while there is none. */
  record: z
    .object({ ep: z.int().positive(), eid: z.string().regex(/^[0-9a-f]{32}$/), seq: z.int().positive() })
    .nullable(),
  at: wall,
});

export type Ack = z.infer<typeof ackSchema>;

/** True once nothing more becomes of the command. */
export const isFinal = ({ outcome }: Pick<Ack, "outcome">): boolean => outcome !== "accepted" && outcome !== "waiting";

/** Kinds whose answer names a bundle that travels ahead of it. */
export const bundleKinds: readonly CommandKind[] = ["diagnostics", "camera-still"];

/** Result of a command that brings a bundle: what its pieces must make. */
export const bundleResultSchema = z.object({
  sha256: hash,
  bytes: z.int().positive(),
  pieces: z.int().positive().max(64),
});
