import { readFile } from "node:fs/promises";
import { fromHex, isCode, MingchengError } from "@mingcheng/protocols";
import { z } from "zod";
import { verifyClip } from "../../camera/recording/verify-clip.ts";
import { readGatewayConfig } from "../../config/load-config.ts";
import { loadIdentity } from "../../identity/identity.ts";
import type { Speech } from "./spot.ts";

/** Options of `mingcheng-gateway verify-clip`. */
export interface VerifyClipOptions {
  readonly keys?: string | undefined;
  readonly config?: string | undefined;
}

const keysSchema = z.object({ gateway: z.string().regex(/^[0-9a-f]{64}$/) });

const pinnedKey = async ({ keys, config }: VerifyClipOptions): Promise<Uint8Array> => {
  if (keys !== undefined) {
    const read = keysSchema.safeParse(JSON.parse(await readFile(keys, "utf8")));
    const key = read.success ? fromHex(read.data.gateway) : undefined;
    if (key === undefined)
      throw new MingchengError("INPUT_INVALID", `${keys}: {"gateway":"<64 hex>"}`, { field: "keys" });
    return key;
  }
  if (config === undefined) throw new MingchengError("INPUT_INVALID", "--keys, or --config", { field: "keys" });
  const read = await readGatewayConfig(config);
  if ("issues" in read) throw new MingchengError("CONFIG_INVALID", config);
  return (await loadIdentity(read.config.data)).signer.publicKey;
};

/**
 * Says whether a clip is what a gateway exported. Exit code 0 when it is, 1 when it is not.
 * @throws {MingchengError} INPUT_INVALID, CONFIG_INVALID; the system's error
 */
export const runVerifyClip = async (folder: string, options: VerifyClipOptions, speech: Speech): Promise<number> => {
  const { language, writeLine } = speech;
  const pick = (zh: string, en: string): string => (language === "zh" ? zh : en);
  const pinned = await pinnedKey(options);
  if (options.keys === undefined) {
    writeLine(
      pick(
        "使用本网关自己的公钥；他人应另行取得公钥（--keys）。",
        "With this gateway's own key; others get it by another way (--keys).",
      ),
    );
  }
  try {
    const { gw, channel, zone, parts, gaps, by, cause, at } = await verifyClip(folder, pinned);
    writeLine(pick("完好：与网关签名一致。", "Whole: it is what the gateway signed."));
    writeLine(`${gw}/${channel} (${zone})  ${by}: ${cause.type} ${cause.ref}  ${at}`);
    for (const { name, from, until } of parts) writeLine(`${name}  ${from} – ${until}`);
    for (const { from, until, reason } of gaps) writeLine(`${pick("缺", "gap")}  ${from} – ${until}  ${reason}`);
    return 0;
  } catch (error) {
    if (!isCode(error, "CLIP_INVALID")) throw error;
    writeLine(pick(`不可信：${error.message}`, `Not to be trusted: ${error.message}`));
    return 1;
  }
};
