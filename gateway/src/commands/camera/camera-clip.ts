import { randomBytes } from "node:crypto";
import { cp, mkdir, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import { ChannelStore } from "../../camera/recording/channel-store.ts";
import { exportClip } from "../../camera/recording/clip.ts";
import { wallText } from "../../clock/wall-text.ts";
import { loadIdentity } from "../../identity/identity.ts";
import { momentOf } from "./moment.ts";
import { askRunning, askSpot, recordedChannels, recordingOf, type Speech, type Spot, spotOf, whoAmI } from "./spot.ts";

/** Options of `mingcheng-gateway camera clip` and `camera still`. */
export interface CameraClipOptions {
  readonly config: string;
  readonly channel: string;
  readonly from: string;
  readonly to: string;
  readonly out: string;
  readonly why: string;
  readonly by?: string | undefined;
}

interface Exported {
  readonly folder: string;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
}

const request = ({ channel, from, to, why, by }: CameraClipOptions) => ({
  ...{ id: `clip-${randomBytes(6).toString("hex")}`, channel, by: by ?? whoAmI() },
  ...{ cause: { type: "operator" as const, ref: why.slice(0, 128) } },
  ...{ fromMs: momentOf(from, "from"), toMs: momentOf(to, "to") },
});

/** Without a running gateway: signed with its key all the same, but no record of its chain tells of it. */
const exportHere = async (spot: Spot, asked: ReturnType<typeof request>): Promise<Exported> => {
  const identity = await loadIdentity(spot.data);
  const { folder } = recordingOf(spot);
  const zone = spot.cameras.channels.find(({ id }) => id === asked.channel)?.zone ?? "other";
  const store = await ChannelStore.read(join(folder, asked.channel));
  const whole = { ...asked, gw: identity.gw, zone, at: wallText(Date.now()), sync: "none" };
  const { signer } = identity;
  return exportClip(store, join(folder, "clips"), whole, async (message) => ({
    ...{ publicKey: signer.publicKey, keyLog: signer.log, signature: signer.sign(message) },
  }));
};

const empty = async (out: string): Promise<void> => {
  await mkdir(out, { recursive: true });
  if ((await readdir(out)).length > 0)
    throw new MingchengError("INPUT_INVALID", `${out} is not empty`, { field: "out" });
};

/**
 * Exports a span as movie files with a signed manifest. Exit code 0.
 * @throws {MingchengError} INPUT_INVALID, RECORDING_NOT_FOUND, RECORDING_OFF, CLIP_TOO_LONG; the system's error
 */
export const runCameraClip = async (options: CameraClipOptions, speech: Speech): Promise<number> => {
  const { language, writeLine } = speech;
  const spot = await spotOf(options.config, speech);
  if (spot === undefined) return 1;
  recordedChannels(spot, options.channel);
  const asked = request(options);
  if (asked.toMs <= asked.fromMs)
    throw new MingchengError("INPUT_INVALID", "it ends before it begins", { field: "to" });
  const out = resolve(options.out);
  await empty(out);
  const { fromMs, toMs, ...rest } = asked;
  const span = { from: wallText(fromMs), until: wallText(toMs) };
  const answer = await askSpot(spot, { type: "clip", ...rest, ...span });
  const pick = (zh: string, en: string): string => (language === "zh" ? zh : en);
  if (answer === undefined)
    writeLine(
      pick(
        "网关未运行：片段已签名，但不会记入链。",
        "The gateway does not run: the clip is signed, but no record tells of it.",
      ),
    );
  const { folder, files } = answer === undefined ? await exportHere(spot, asked) : (answer as unknown as Exported);
  await cp(folder, out, { recursive: true });
  for (const { name, bytes, sha256 } of files) writeLine(`${name}  ${bytes}  ${sha256}`);
  writeLine(
    pick(
      `已导出到 ${out}；核验：mingcheng-gateway verify-clip ${out} --keys keys.json`,
      `exported to ${out}; to verify: mingcheng-gateway verify-clip ${out} --keys keys.json`,
    ),
  );
  return 0;
};

/** Keeps an evidence picture of now. Exit code. @throws {MingchengError} CAMERA_UNKNOWN, PICTURE_NONE, CAMERAS_OFF */
export const runCameraStill = async (
  options: Pick<CameraClipOptions, "config" | "channel" | "why" | "by"> & { readonly out?: string | undefined },
  speech: Speech,
): Promise<number> => {
  const spot = await spotOf(options.config, speech);
  if (spot === undefined) return 1;
  const { channel, why, by } = options;
  const id = `still-${randomBytes(6).toString("hex")}`;
  const cause = { type: "operator" as const, ref: why.slice(0, 128) };
  const still = await askRunning(spot, { type: "still", id, channel, cause, by: by ?? whoAmI() });
  const { folder, files } = still as unknown as Exported;
  if (options.out !== undefined) {
    await empty(resolve(options.out));
    await cp(folder, resolve(options.out), { recursive: true });
  }
  for (const { name, bytes, sha256 } of files) speech.writeLine(`${name}  ${bytes}  ${sha256}`);
  speech.writeLine(options.out === undefined ? folder : resolve(options.out));
  return 0;
};
