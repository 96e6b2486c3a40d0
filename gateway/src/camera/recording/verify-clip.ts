import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fromHex, keyIdOf, MingchengError, readKeyLog } from "@mingcheng/protocols";
import { nodeCrypto } from "../../crypto/node-crypto.ts";
import { signedMessage } from "./clip.ts";
import { type ClipManifest, clipManifest, clipSignature } from "./clip-manifest.ts";

const invalid = (why: string): MingchengError => new MingchengError("CLIP_INVALID", why);

const fileIn = async (folder: string, name: string): Promise<Buffer> => {
  try {
    return await readFile(join(folder, name));
  } catch (cause) {
    throw new MingchengError("CLIP_INVALID", `${name} is missing`, { cause });
  }
};

const parsed = (bytes: Buffer, name: string): unknown => {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw new MingchengError("CLIP_INVALID", `${name} is no JSON`, { cause });
  }
};

/** True when rotation statements that both keys signed lead from one key to the other, whichever came first. */
const areJoined = (gw: string, keyLog: Uint8Array, one: Uint8Array, other: Uint8Array): boolean => {
  const idOf = (key: Uint8Array): string => keyIdOf(nodeCrypto.sha256, key);
  const leads = (from: Uint8Array, to: Uint8Array): boolean =>
    readKeyLog(nodeCrypto, gw, keyLog, (kid) =>
      kid === idOf(from) ? { publicKey: from, revokedFrom: null } : undefined,
    ).added.some(({ kid }) => kid === idOf(to));
  return idOf(one) === idOf(other) || leads(one, other) || leads(other, one);
};

const digestOf = async (path: string): Promise<{ bytes: number; sha256: string }> => {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const piece of createReadStream(path)) {
    hash.update(piece as Buffer);
    bytes += (piece as Buffer).length;
  }
  return { bytes, sha256: hash.digest("hex") };
};

/**
 * Verifies an exported clip against a gateway's public key that was got by another way: the manifest is what that gateway
 * signed, and every movie file is what the manifest says, no more and no fewer.
 * @throws {MingchengError} CLIP_INVALID, naming the first thing that is wrong
 */
export const verifyClip = async (folder: string, pinned: Uint8Array): Promise<ClipManifest> => {
  const [page, seal] = [await fileIn(folder, "clip.json"), await fileIn(folder, "clip.sig.json")];
  const read = clipManifest.safeParse(parsed(page, "clip.json"));
  const signed = clipSignature.safeParse(parsed(seal, "clip.sig.json"));
  if (!read.success) throw invalid("clip.json is no manifest of a clip");
  if (!signed.success) throw invalid("clip.sig.json is no signature of a clip");
  const manifest = read.data;
  const publicKey = fromHex(signed.data.publicKey) ?? new Uint8Array();
  const signature = Buffer.from(signed.data.signature, "base64");
  if (!nodeCrypto.verify(publicKey, signedMessage(page), signature)) throw invalid("clip.json is not what was signed");
  if (!areJoined(manifest.gw, Buffer.from(signed.data.keyLog, "base64"), pinned, publicKey)) {
    throw invalid("it was signed with a key that is not the gateway's");
  }
  const names = (await readdir(folder)).filter((name) => name.endsWith(".mp4"));
  const stranger = names.find((name) => !manifest.parts.some((part) => part.name === name));
  if (stranger !== undefined) throw invalid(`${stranger} does not belong to it`);
  for (const { name, bytes, sha256 } of manifest.parts) {
    if (!names.includes(name)) throw invalid(`${name} is missing`);
    const found = await digestOf(join(folder, name));
    if (found.bytes !== bytes || found.sha256 !== sha256) throw invalid(`${name} was changed`);
  }
  return manifest;
};
