import { open, readFile } from "node:fs/promises";
import { MingchengError } from "@mingcheng/protocols/errors";
import { fromHex, type PinnedKeys } from "@mingcheng/protocols/evidence";
import { z } from "zod";

const publicKey = z.string().regex(/^[0-9a-f]{64}$/, "64 hexadecimal digits");

const pinnedSchema = z.looseObject({ gateway: publicKey, centre: publicKey });

const raw = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array();

/**
 * Reads a file of pinned keys, as `mingcheng-cloud keys --gateway <id> --json` prints it.
 * @throws {MingchengError} INPUT_INVALID, field `--keys`
 */
export const readPinnedKeys = async (path: string): Promise<PinnedKeys> => {
  try {
    const { gateway, centre } = pinnedSchema.parse(JSON.parse(await readFile(path, "utf8")));
    return { gateway: raw(gateway), centre: raw(centre) };
  } catch (cause) {
    const issue = cause instanceof z.ZodError ? cause.issues[0] : undefined;
    const reason = issue === undefined ? String(cause) : `${issue.path.join(".")}: ${issue.message}`;
    throw new MingchengError("INPUT_INVALID", `${path}: ${reason}`, { field: "--keys", cause });
  }
};

/** The gateway that a file claims to be about, from its first bytes: says which key to pin, proves nothing. */
export const claimedGateway = async (path: string): Promise<string | undefined> => {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
    return /"gw":"([a-z0-9-]{1,64})"/.exec(buffer.toString("utf8", 0, bytesRead))?.[1];
  } finally {
    await file.close();
  }
};
