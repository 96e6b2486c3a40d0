import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { ClipFiles } from "@mingcheng/protocols/commands";
import { z } from "zod";
import type { Order } from "../commanding/order.ts";

/** Where clips of gateways are, below a data directory: a folder for each, named by the command that asked for it. */
export const clipsFolder = (dataDirectory: string): string => join(dataDirectory, "clips");

/** Beside the files that the gateway's answer names: its signature of their list. */
export const signatureName = "clip.sig.json";
/** The most that is taken of one file. */
export const mostClipBytes = 8 * 1024 ** 3;

const clipResult = z.object({
  files: z
    .array(
      z.object({
        name: z.string().regex(/^(part-\d{1,5}\.mp4|clip\.json)$/),
        bytes: z.int().nonnegative().max(mostClipBytes),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .min(1)
    .max(256),
});

/** A file of a clip, as the gateway's signed answer names it. */
export type ClipFile = z.output<typeof clipResult>["files"][number];

/** Files that an answer to `camera-clip` names; none where it is not understood. */
export const clipFilesIn = (result: string): readonly ClipFile[] => {
  try {
    return clipResult.parse(JSON.parse(result)).files;
  } catch {
    return [];
  }
};

/** What is here of a clip that was ordered. Only whole files have their names. */
export const clipAt = async (
  dataDirectory: string,
  { id, result }: Pick<Order, "id" | "result">,
): Promise<ClipFiles> => {
  const named = [...clipFilesIn(result).map(({ name }) => name), signatureName];
  const files: { name: string; bytes: number }[] = [];
  for (const name of named) {
    const found = await stat(join(clipsFolder(dataDirectory), id, name)).catch(() => undefined);
    if (found !== undefined) files.push({ name, bytes: found.size });
  }
  return { whole: named.length > 1 && files.length === named.length, files };
};
