import { z } from "zod";

const both = { zh: z.string(), en: z.string() };
const note = z.object({ field: z.string(), ...both });

/** What a device is told once its message is on disk. The same message gets the same answer again. */
export const intakeTakenSchema = z.object({
  /** The device's own id of the message; null: a heartbeat without one. */
  id: z.string().nullable(),
  result: z.enum(["captured", "heard"]),
  /** SHA-256 of what was understood, hexadecimal; only of captured messages. */
  sha256: z.string().optional(),
  /** What is odd about it: unknown members, amounts that do not fit. */
  warnings: z.array(note),
  /** The gateway's time, only in answers to heartbeats. */
  time: z.string().optional(),
});

/** What a device is told when its message is no record. */
export const intakeRefusedSchema = z.object({
  /** Null when not even the id could be read. */
  id: z.string().nullable(),
  result: z.literal("refused"),
  error: z.object({
    code: z.string(),
    ...both,
    next: z.object(both),
    /** True: the same message can succeed later. */
    retryable: z.boolean(),
    /** Every member that is wrong, at most 20. */
    fields: z.array(note),
  }),
});

export type IntakeTaken = z.infer<typeof intakeTakenSchema>;
export type IntakeRefused = z.infer<typeof intakeRefusedSchema>;
/** Any answer: over HTTP the body, over MQTT a message on the device's topic of answers. */
export type IntakeAnswer = IntakeTaken | IntakeRefused;
