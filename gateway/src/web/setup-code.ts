import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { chown, mkdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeDurably } from "../disk/durable-file.ts";

/** Letters and digits that cannot be mistaken for each other (Crockford's base 32). */
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const codeChars = 12;
const groupChars = 4;
/** A code that nobody used is void after so long, and after so many wrong tries in all. */
const validMs = 24 * 3_600_000;
const maxFailures = 20;

const fileSchema = z.strictObject({
  v: z.literal(1),
  salt: z.string(),
  digest: z.string(),
  /** Milliseconds since 1970, by the clock of the box. */
  madeMs: z.number(),
  failures: z.int().nonnegative(),
});
type Kept = z.output<typeof fileSchema>;

/** Folder of the local web below a data directory: code, certificate, key. */
export const webDirectory = (dataDirectory: string): string => join(dataDirectory, "web");

/** Makes the folder where it is missing. Made by root it belongs to whom the data directory belongs, as whom the gateway runs. */
export const makeWebDirectory = async (dataDirectory: string): Promise<string> => {
  const directory = webDirectory(dataDirectory);
  const made = await mkdir(directory, { recursive: true, mode: 0o700 });
  if (made !== undefined && process.getuid?.() === 0) {
    const { uid, gid } = await stat(dataDirectory);
    await chown(directory, uid, gid);
  }
  return directory;
};

/** The code however it is typed: case, hyphens and blanks do not matter; O is 0, I and L are 1. */
const plain = (typed: string): string =>
  typed.replaceAll(/[\s-]/g, "").toUpperCase().replaceAll("O", "0").replaceAll(/[IL]/g, "1");

// 60 random bits need no slow digest.
const digestOf = (code: string, salt: string): Buffer =>
  createHash("sha256")
    .update(`${salt}\n${plain(code)}`)
    .digest();

/** The one code by which the set-up page opens, as a digest in a file: the command and the running gateway meet there. */
export class SetupCode {
  private readonly dataDirectory: string;
  private readonly path: string;
  private readonly nowMs: () => number;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(dataDirectory: string, nowMs: () => number) {
    this.dataDirectory = dataDirectory;
    this.path = join(webDirectory(dataDirectory), "setup-code.json");
    this.nowMs = nowMs;
  }

  /** Makes a new code in place of the one before, and returns it: `7KQ2-M9XF-3T8P`. @throws the system's error */
  async make(): Promise<string> {
    const chars = Array.from(randomBytes(codeChars), (byte) => alphabet[byte & 31]).join("");
    const salt = randomBytes(16).toString("hex");
    const digest = digestOf(chars, salt).toString("hex");
    await makeWebDirectory(this.dataDirectory);
    await this.write({ v: 1, salt, digest, madeMs: this.nowMs(), failures: 0 });
    return (chars.match(new RegExp(`.{${groupChars}}`, "g")) ?? []).join("-");
  }

  /** Whether `typed` is the code. It is used up then. A code that was tried too often is void. One at a time. */
  use(typed: string): Promise<boolean> {
    const used = this.turn.then(() => this.tryOnce(typed));
    this.turn = used.catch(() => undefined);
    return used;
  }

  private async tryOnce(typed: string): Promise<boolean> {
    const kept = await this.read();
    if (kept === undefined) return false;
    const ageMs = this.nowMs() - kept.madeMs;
    if (ageMs > validMs || kept.failures >= maxFailures) {
      await rm(this.path, { force: true });
      return false;
    }
    if (timingSafeEqual(digestOf(typed, kept.salt), Buffer.from(kept.digest, "hex"))) {
      // Used up before anybody is let in: a code opens one door.
      await rm(this.path);
      return true;
    }
    await this.write({ ...kept, failures: kept.failures + 1 });
    return false;
  }

  private async read(): Promise<Kept | undefined> {
    try {
      const read = fileSchema.parse(JSON.parse(await readFile(this.path, "utf8")));
      return Buffer.from(read.digest, "hex").length === 32 ? read : undefined;
    } catch {
      return undefined;
    }
  }

  private write(kept: Kept): Promise<void> {
    return writeDurably(this.path, `${JSON.stringify(kept)}\n`);
  }
}
