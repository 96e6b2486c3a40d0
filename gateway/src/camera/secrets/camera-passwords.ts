import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import { z } from "zod";
import { writeDurably } from "../../disk/durable-file.ts";

const base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/);
const sealedSchema = z.strictObject({ nonce: base64, tag: base64, text: base64 });
const fileSchema = z.strictObject({ v: z.literal(1), passwords: z.record(z.string(), sealedSchema) });

type Sealed = z.infer<typeof sealedSchema>;

/** Name of the file in the data directory. */
export const passwordFile = "camera-passwords.json";
const keyName = "camera-passwords.key";
const keyBytes = 32;
const nonceBytes = 12;

const readIfThere = async (path: string): Promise<Buffer | undefined> => {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
};

/** The id is sealed with it, so that one camera's password cannot be passed off as another's. */
const seal = (key: Uint8Array, id: string, password: string): Sealed => {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(id));
  const text = Buffer.concat([cipher.update(password, "utf8"), cipher.final()]);
  const [nonceText, tag] = [nonce.toString("base64"), cipher.getAuthTag().toString("base64")];
  return { nonce: nonceText, tag, text: text.toString("base64") };
};

const unseal = (key: Uint8Array, id: string, { nonce, tag, text }: Sealed): string => {
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"))
    .setAAD(Buffer.from(id))
    .setAuthTag(Buffer.from(tag, "base64"));
  return Buffer.concat([decipher.update(Buffer.from(text, "base64")), decipher.final()]).toString("utf8");
};

/**
 * Passwords of cameras, encrypted at rest (AES-256-GCM) with a key in a file of its own, both 0600 in the data directory. They
 * never stand in the configuration, which is copied and shown. Who can read both files as the gateway's user can read the
 * passwords: this keeps them out of copies and sight, not from whoever owns the box.
 */
export class CameraPasswords {
  readonly #folder: string;
  readonly #key: Uint8Array;
  readonly #sealed: Map<string, Sealed>;

  private constructor(folder: string, key: Uint8Array, sealed: ReadonlyMap<string, Sealed>) {
    this.#folder = folder;
    this.#key = key;
    this.#sealed = new Map(sealed);
  }

  /** Opens the store, making its key at the first use. @throws {MingchengError} CAMERA_PASSWORDS_DAMAGED; the system's error */
  static async open(folder: string): Promise<CameraPasswords> {
    let key = await readIfThere(join(folder, keyName));
    const content = await readIfThere(join(folder, passwordFile));
    if (key === undefined) {
      if (content !== undefined) throw new MingchengError("CAMERA_PASSWORDS_DAMAGED", `${keyName} is missing`);
      key = randomBytes(keyBytes);
      await writeDurably(join(folder, keyName), key);
    }
    if (key.length !== keyBytes) throw new MingchengError("CAMERA_PASSWORDS_DAMAGED", `${keyName} is not a key`);
    if (content === undefined) return new CameraPasswords(folder, key, new Map());
    try {
      const { passwords } = fileSchema.parse(JSON.parse(content.toString("utf8")));
      return new CameraPasswords(folder, key, new Map(Object.entries(passwords)));
    } catch (cause) {
      throw new MingchengError("CAMERA_PASSWORDS_DAMAGED", passwordFile, { cause });
    }
  }

  /** Cameras that have one. */
  list(): readonly string[] {
    return [...this.#sealed.keys()].sort();
  }

  /** A camera's password; undefined when it has none. @throws {MingchengError} CAMERA_PASSWORDS_DAMAGED */
  get(camera: string): string | undefined {
    const sealed = this.#sealed.get(camera);
    if (sealed === undefined) return undefined;
    try {
      return unseal(this.#key, camera, sealed);
    } catch (cause) {
      throw new MingchengError("CAMERA_PASSWORDS_DAMAGED", `${camera}: not sealed with this key`, { cause });
    }
  }

  /** Sets a camera's password, durably. @throws the system's error */
  async set(camera: string, password: string): Promise<void> {
    await this.#save(new Map(this.#sealed).set(camera, seal(this.#key, camera, password)));
  }

  /** Forgets a camera's password. False: it had none. @throws the system's error */
  async remove(camera: string): Promise<boolean> {
    const left = new Map(this.#sealed);
    if (!left.delete(camera)) return false;
    await this.#save(left);
    return true;
  }

  async #save(sealed: ReadonlyMap<string, Sealed>): Promise<void> {
    const content = JSON.stringify({ v: 1, passwords: Object.fromEntries(sealed) });
    await writeDurably(join(this.#folder, passwordFile), content);
    this.#sealed.clear();
    for (const [camera, one] of sealed) this.#sealed.set(camera, one);
  }
}
