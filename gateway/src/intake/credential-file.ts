import { randomBytes } from "node:crypto";
import { chown, mkdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { deviceIdPattern, MingchengError } from "@mingcheng/protocols";
import { z } from "zod";
import { writeDurably } from "../disk/durable-file.ts";
import { hashSecret, newSecret } from "./secret.ts";

const hex = z.string().regex(/^[0-9a-f]+$/);
const entrySchema = z.strictObject({
  device: z.string().regex(deviceIdPattern),
  salt: hex,
  hash: hex,
  /** ISO 8601, UTC, by this box's clock. */
  addedAt: z.string(),
});
const fileSchema = z.strictObject({ v: z.literal(1), credentials: z.array(entrySchema).max(1024) });

/** A device's stored credential: no secret, only its slow digest. */
export type Credential = z.infer<typeof entrySchema>;

const saltBytes = 16;

/** Directory of the intake below a data directory. */
export const intakeDirectory = (dataDirectory: string): string => join(dataDirectory, "intake");

/** Where the credentials of intake devices are kept: mode 0600. */
export const credentialPath = (dataDirectory: string): string =>
  join(intakeDirectory(dataDirectory), "credentials.json");

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT";

/** Changes whenever the file does; `none` without one. */
export const credentialVersion = async (path: string): Promise<string> => {
  try {
    const { ino, size, mtimeMs } = await stat(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return "none";
  }
};

/**
 * Reads all credentials; none when there is no file.
 * @throws {MingchengError} INTAKE_CREDENTIALS_DAMAGED also when others can read it
 */
export const readCredentials = async (path: string): Promise<readonly Credential[]> => {
  let text: string;
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) throw new MingchengError("INTAKE_CREDENTIALS_DAMAGED", `${path} is readable by others`);
    text = await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return [];
    if (error instanceof MingchengError) throw error;
    throw new MingchengError("INTAKE_CREDENTIALS_DAMAGED", String(error), { cause: error });
  }
  try {
    return fileSchema.parse(JSON.parse(text)).credentials;
  } catch (cause) {
    throw new MingchengError("INTAKE_CREDENTIALS_DAMAGED", `${path} is not what was written`, { cause });
  }
};

/** Made by root, the directory belongs to the owner of the data directory, as whom the gateway runs. */
const makeDirectory = async (path: string): Promise<void> => {
  const made = await mkdir(path, { recursive: true, mode: 0o700 });
  if (made === undefined || process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(dirname(made));
  await chown(path, uid, gid);
};

const write = async (path: string, credentials: readonly Credential[]): Promise<void> => {
  await makeDirectory(dirname(path));
  const sorted = [...credentials].sort((a, b) => (a.device < b.device ? -1 : 1));
  await writeDurably(path, `${JSON.stringify({ v: 1, credentials: sorted }, null, 2)}\n`);
};

/**
 * Gives a device a secret and returns it: it is shown once and stored nowhere.
 * @throws {MingchengError} INTAKE_CREDENTIAL_EXISTS unless `replace`; INTAKE_CREDENTIALS_DAMAGED
 */
export const addCredential = async (path: string, device: string, replace: boolean, at: string): Promise<string> => {
  const known = await readCredentials(path);
  const others = known.filter((credential) => credential.device !== device);
  if (others.length !== known.length && !replace) {
    throw new MingchengError("INTAKE_CREDENTIAL_EXISTS", device, { field: "device" });
  }
  const secret = newSecret();
  const salt = randomBytes(saltBytes).toString("hex");
  await write(path, [...others, { device, salt, hash: await hashSecret(secret, salt), addedAt: at }]);
  return secret;
};

/** Takes a device's secret away. @throws {MingchengError} INTAKE_DEVICE_UNKNOWN, INTAKE_CREDENTIALS_DAMAGED */
export const removeCredential = async (path: string, device: string): Promise<void> => {
  const known = await readCredentials(path);
  const others = known.filter((credential) => credential.device !== device);
  if (others.length === known.length) {
    throw new MingchengError("INTAKE_DEVICE_UNKNOWN", `${device} has no secret`, { field: "device" });
  }
  await write(path, others);
};
