import { randomBytes } from "node:crypto";
import { MingchengError } from "@mingcheng/protocols";
import type { CameraAsk } from "../../camera/keeping/camera-ask.ts";
import { wallText } from "../../clock/wall-text.ts";
import { textTable } from "../text-table.ts";
import { momentOf } from "./moment.ts";
import { askRunning, askSpot, holdsOnDisk, type Speech, spotOf, whoAmI } from "./spot.ts";

/** Options of `mingcheng-gateway camera hold …`. */
export interface CameraHoldOptions {
  readonly config: string;
  readonly channel?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly why?: string | undefined;
  readonly ref?: string | undefined;
  readonly by?: string | undefined;
  readonly json?: boolean | undefined;
}

interface ToldHold {
  readonly id: string;
  readonly channel: string;
  readonly from: string;
  readonly until: string;
  readonly cause: string;
  readonly ref: string;
  readonly by: string;
  readonly why: string;
  readonly expires: string | null;
}

const whyOf = ({ why }: CameraHoldOptions): string => {
  if (why === undefined || why.trim() === "") throw new MingchengError("INPUT_INVALID", "say why", { field: "why" });
  return why.trim();
};

/** Holds a span until somebody releases it. Exit code. @throws {MingchengError} INPUT_INVALID, CAMERAS_OFF, RECORDING_OFF */
export const runHoldAdd = async (options: CameraHoldOptions, speech: Speech): Promise<number> => {
  const spot = await spotOf(options.config, speech);
  if (spot === undefined) return 1;
  const { channel, from, to } = options;
  if (channel === undefined || from === undefined || to === undefined) {
    throw new MingchengError("INPUT_INVALID", "--channel, --from, --to", { field: "channel" });
  }
  const ask: CameraAsk = {
    ...{ type: "hold", id: `hold-${randomBytes(6).toString("hex")}`, channel, why: whyOf(options) },
    ...{ from: wallText(momentOf(from, "from")), until: wallText(momentOf(to, "to")) },
    ...{ cause: { type: "operator", ref: options.ref ?? "" }, by: options.by ?? whoAmI() },
  };
  const held = await askRunning(spot, ask);
  const said = `${String(held["id"])}  ${channel}  ${ask.from.slice(0, 19)} – ${ask.until.slice(0, 19)}`;
  if (options.json === true) speech.writeLine(JSON.stringify(held));
  else speech.writeLine(speech.language === "zh" ? `已保全：${said}` : `held: ${said}`);
  return 0;
};

/** Lists what is held, who asked and why; also without a running gateway. Exit code. */
export const runHoldList = async (options: CameraHoldOptions, speech: Speech): Promise<number> => {
  const spot = await spotOf(options.config, speech);
  if (spot === undefined) return 1;
  const { channel } = options;
  const answer = await askSpot(spot, { type: "holds", ...(channel === undefined ? {} : { channel }) });
  const holds =
    (answer?.["holds"] as readonly ToldHold[] | undefined) ??
    (await holdsOnDisk(spot)).list(channel).map(({ fromMs, toMs, expiresMs, ...rest }) => ({
      ...{ ...rest, from: wallText(fromMs), until: wallText(toMs) },
      expires: expiresMs === null ? null : wallText(expiresMs),
    }));
  if (options.json === true) {
    speech.writeLine(JSON.stringify({ holds }));
    return 0;
  }
  if (holds.length === 0) speech.writeLine(speech.language === "zh" ? "没有保全。" : "Nothing is held.");
  const time = (text: string): string => text.slice(0, 19).replace("T", " ");
  const rows = holds.map(({ id, channel: of, from, until, cause, ref, by, why, expires }) => [
    ...[id, of, time(from), time(until), ref === "" ? cause : `${cause} ${ref}`, by, why],
    expires === null ? "" : `→ ${time(expires)}`,
  ]);
  for (const line of textTable(rows)) speech.writeLine(line);
  return 0;
};

/** Releases a hold; what is too old goes with the next look. Exit code. @throws {MingchengError} HOLD_UNKNOWN, CAMERAS_OFF */
export const runHoldRelease = async (id: string, options: CameraHoldOptions, speech: Speech): Promise<number> => {
  const spot = await spotOf(options.config, speech);
  if (spot === undefined) return 1;
  await askRunning(spot, { type: "release", id, by: options.by ?? whoAmI(), why: whyOf(options) });
  speech.writeLine(speech.language === "zh" ? `已解除：${id}` : `released: ${id}`);
  return 0;
};
