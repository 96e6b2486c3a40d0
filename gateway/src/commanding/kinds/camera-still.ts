import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { topics } from "@mingcheng/protocols";
import {
  bundleMessages,
  bundlePieceBytes,
  type Command,
  commandBodySchemas,
  maxBundlePieces,
} from "@mingcheng/protocols/commands";
import { writeDurably } from "../../disk/durable-file.ts";
import type { CommandWork } from "../command-work.ts";
import type { GatewayHands } from "../gateway-hands.ts";
import { outcomeOf } from "./camera-keeping.ts";

/** What belongs to an event is held for so long, unless somebody holds it for good. */
const heldDays = 30;
const keptCopies = 8;

interface Taken {
  readonly at: string;
  readonly picture: string | null;
  readonly files: readonly unknown[];
}

/**
 * `camera-still`: keeps a picture of now and sends it in pieces ahead of the answer that names its digest. What was before and
 * after is held where it is recorded. The same command again finds the picture that is there.
 */
export const cameraStill = (hands: GatewayHands): CommandWork => {
  const { cameras, clock, identity } = hands;
  const copyOf = (id: string): string => join(hands.config().data, "pictures", `${id}.jpg`);
  const bring = (id: string, picture: Uint8Array): object => {
    const sha256 = createHash("sha256").update(picture).digest("hex");
    for (const piece of bundleMessages(picture, sha256)) hands.send(topics.bundle(identity.gw, id), piece);
    return { sha256, bytes: picture.length, pieces: Math.max(1, Math.ceil(picture.length / bundlePieceBytes)) };
  };
  /** Kept until its answer has arrived: it may have to be brought again. */
  const keepCopy = async (id: string, path: string): Promise<Uint8Array | undefined> => {
    const picture = await readFile(path);
    if (picture.length > bundlePieceBytes * maxBundlePieces) return undefined;
    const folder = join(hands.config().data, "pictures");
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeDurably(copyOf(id), picture);
    const names = await readdir(folder);
    const aged = await Promise.all(
      names.map(async (name) => ({
        name,
        atMs: (await stat(join(folder, name)).catch(() => ({ mtimeMs: 0 }))).mtimeMs,
      })),
    );
    aged.sort((a, b) => b.atMs - a.atMs);
    for (const { name } of aged.slice(keptCopies)) await rm(join(folder, name), { force: true });
    return picture;
  };
  const hold = async ({ id, by, body }: Command): Promise<boolean> => {
    const { device, cause, ref, beforeSeconds, afterSeconds } = commandBodySchemas["camera-still"].parse(body);
    if (beforeSeconds + afterSeconds === 0) return false;
    const nowMs = Date.parse(clock.wall());
    const moment = (ms: number): string => new Date(ms).toISOString();
    const answer = await cameras.ask({
      ...{ type: "hold", id, channel: device, cause: { type: cause, ref }, by, why: "", days: heldDays },
      ...{ from: moment(nowMs - beforeSeconds * 1_000), until: moment(nowMs + afterSeconds * 1_000) },
    });
    return answer.ok;
  };
  return {
    run: async (command) => {
      const { id, by, body } = command;
      const { device, cause, ref } = commandBodySchemas["camera-still"].parse(body);
      const isHeld = await hold(command);
      const answer = await cameras.ask({ type: "still", id, channel: device, cause: { type: cause, ref }, by });
      if (!answer.ok) return outcomeOf(answer, (result) => result);
      const { at, picture, files } = answer.result as unknown as Taken;
      const copy = picture === null ? undefined : await keepCopy(id, picture);
      const brought = copy === undefined ? {} : bring(id, copy);
      return outcomeOf(answer, () => ({ ...brought, device, at, held: isHeld, files }));
    },
    afterCrash: async () => "again",
    repeat: async (id) => {
      const picture = await readFile(copyOf(id)).catch(() => undefined);
      if (picture !== undefined) bring(id, picture);
    },
  };
};
