import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { enrolmentResponseSchema, MingchengError } from "@mingcheng/protocols";
import { z } from "zod";
import { writeDurably } from "../disk/durable-file.ts";

const kid = z.string().regex(/^[0-9a-f]{16}$/);

/** Form of `enrolment.json`: the centre's answer, and the key it was given for. */
const enrolmentFileSchema = z.strictObject({
  ...enrolmentResponseSchema.shape,
  kid,
  /** File of the signing key, beside this one. */
  keyFile: z.string().regex(/^signing-[0-9a-f]{16}\.pem$/),
});

/** An enrolment as stored. */
export type Enrolment = z.infer<typeof enrolmentFileSchema>;

/** Name of the file that holds the private half of key `keyId`. */
export const keyFileName = (keyId: string): string => `signing-${keyId}.pem`;

const pathOf = (directory: string): string => join(directory, "enrolment.json");

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";

/** Text of a file that others must not read; undefined when there is none. */
const readSecret = async (path: string): Promise<string | undefined> => {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) {
      throw new MingchengError("KEY_INVALID", `${path} is readable by others (mode ${(mode & 0o777).toString(8)})`);
    }
    return await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    if (error instanceof MingchengError) throw error;
    throw new MingchengError("IDENTITY_DAMAGED", `${path} cannot be read`, { cause: error });
  }
};

/**
 * Reads the enrolment; undefined when there is none.
 * @throws {MingchengError} IDENTITY_DAMAGED, or KEY_INVALID when it is readable by others
 */
export const readEnrolment = async (directory: string): Promise<Enrolment | undefined> => {
  const path = pathOf(directory);
  const text = await readSecret(path);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The cause would quote the file, which holds the credential.
    throw new MingchengError("IDENTITY_DAMAGED", `${path} is not JSON`);
  }
  const parsed = enrolmentFileSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const field = parsed.error.issues[0]?.path.join(".") ?? "file";
  throw new MingchengError("IDENTITY_DAMAGED", `${path}: not as expected`, { field });
};

/** Stores the enrolment, durable and atomically. The key it names must be on disk already. */
export const saveEnrolment = (directory: string, enrolment: Enrolment): Promise<void> =>
  writeDurably(pathOf(directory), `${JSON.stringify(enrolment, null, 2)}\n`);
