import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import { daysOf } from "../../camera/keeping/recording-desk.ts";
import { planRecording } from "../../camera/recording/recording-plan.ts";
import type { Language } from "../../config/config-issue.ts";
import { textTable } from "../text-table.ts";
import { recordingOf, type Speech, spotOf } from "./spot.ts";

/** Options of `mingcheng-gateway camera plan`. */
export interface CameraPlanOptions {
  readonly config?: string | undefined;
  readonly channels?: string | undefined;
  readonly kbits?: string | undefined;
  readonly days?: string | undefined;
  readonly gib?: string | undefined;
  readonly json?: boolean | undefined;
}

const gibibyte = 1024 ** 3;
/** What cameras usually send, where nothing else is known. */
const usualKbits = { main: 4_000, sub: 600 } as const;

const positive = (text: string, field: string): number => {
  const value = Number(text);
  if (!(value > 0) || value > 1e9)
    throw new MingchengError("INPUT_INVALID", `${text} is no positive number`, { field });
  return value;
};

/** Free space where the folder is, or will be: the nearest folder above that exists. */
const freeAt = async (folder: string): Promise<number> => {
  for (let at = folder; ; at = dirname(at)) {
    try {
      const { bavail, bsize } = await statfs(at);
      return bavail * bsize;
    } catch (error) {
      if (at === dirname(at)) throw error;
    }
  }
};

interface Asked {
  readonly channels: readonly { readonly id: string; readonly kbitPerSecond: number; readonly days: number }[];
  readonly usableBytes: number;
}

const fromOptions = (options: CameraPlanOptions): Asked => {
  const count = positive(options.channels ?? "1", "channels");
  if (!Number.isInteger(count) || count > 1_000) {
    throw new MingchengError("INPUT_INVALID", `${count} channels`, { field: "channels" });
  }
  if (options.gib === undefined) {
    throw new MingchengError("INPUT_INVALID", "--gib, or --config", { field: "gib" });
  }
  const kbitPerSecond = positive(options.kbits ?? String(usualKbits.main), "kbits");
  const days = positive(options.days ?? "7", "days");
  return {
    channels: Array.from({ length: count }, (_, index) => ({ id: `camera-${index + 1}`, kbitPerSecond, days })),
    usableBytes: positive(options.gib, "gib") * gibibyte,
  };
};

const fromConfig = async (config: string, options: CameraPlanOptions, speech: Speech): Promise<Asked | undefined> => {
  const spot = await spotOf(config, speech);
  if (spot === undefined) return undefined;
  const recording = recordingOf(spot);
  const kbitPerSecond = positive(options.kbits ?? String(usualKbits[recording.stream]), "kbits");
  const given = options.gib === undefined ? undefined : positive(options.gib, "gib") * gibibyte;
  const free = given ?? Math.max(0, (await freeAt(recording.folder)) - recording.minFreeGiB * gibibyte);
  const limit = recording.maxGiB === undefined ? free : Math.min(free, recording.maxGiB * gibibyte);
  const channels = spot.cameras.channels.filter(({ record }) => record);
  return {
    channels: channels.map((channel) => ({
      ...{ id: channel.id, kbitPerSecond },
      days: options.days === undefined ? daysOf(channel, recording) : positive(options.days, "days"),
    })),
    usableBytes: limit,
  };
};

const gib = (bytes: number): string => `${(bytes / gibibyte).toFixed(1)} GiB`;

const tableText = (language: Language): readonly string[] =>
  language === "zh" ? ["通道", "码率", "每天", "要求", "能存"] : ["channel", "bitrate", "a day", "wanted", "reaches"];

/**
 * Says what a disk can hold, before anything is installed. Exit code 0 when it does for all, 1 when it does not.
 * @throws {MingchengError} INPUT_INVALID, CAMERAS_OFF, RECORDING_OFF
 */
export const runCameraPlan = async (options: CameraPlanOptions, speech: Speech): Promise<number> => {
  const { language, writeLine } = speech;
  const { config } = options;
  const asked = config === undefined ? fromOptions(options) : await fromConfig(config, options, speech);
  if (asked === undefined) return 1;
  const plan = planRecording(asked.channels, asked.usableBytes);
  if (options.json === true) {
    writeLine(JSON.stringify(plan));
    return plan.fits ? 0 : 1;
  }
  const pick = (zh: string, en: string): string => (language === "zh" ? zh : en);
  const day = pick("天", "d");
  const share = plan.wantedBytes === 0 ? 1 : Math.min(1, plan.usableBytes / plan.wantedBytes);
  const reach = (wantedDays: number, reachedDays: number): string =>
    reachedDays < 1 ? `${(wantedDays * share * 24).toFixed(1)} ${pick("小时", "h")}` : `${reachedDays} ${day}`;
  const rows = plan.channels.map(({ id, kbitPerSecond, bytesPerDay, days, reachedDays }) => [
    ...[id, `${kbitPerSecond} kbit/s`, gib(bytesPerDay), `${days} ${day}`, reach(days, reachedDays)],
  ]);
  for (const line of textTable([tableText(language), ...rows])) writeLine(line);
  const { usableBytes, wantedBytes, bytesPerSecond, rewritesPerYear } = plan;
  writeLine(
    pick(
      `需要 ${gib(wantedBytes)}，可用 ${gib(usableBytes)}`,
      `wanted ${gib(wantedBytes)}, usable ${gib(usableBytes)}`,
    ),
  );
  writeLine(
    pick(
      `全天写入 ${(bytesPerSecond / 1e6).toFixed(2)} MB/s，每年整盘改写 ${rewritesPerYear} 次（存储卡请选高耐久型）`,
      `written all day: ${(bytesPerSecond / 1e6).toFixed(2)} MB/s, the whole space ${rewritesPerYear} times a year (mind the wear of memory cards)`,
    ),
  );
  writeLine(
    plan.fits
      ? pick("够用。", "It does.")
      : pick(
          "不够：最旧的会提前删除。减少天数、降低码率、录子码流，或换更大的盘。",
          "It does not: the oldest goes sooner. Fewer days, less bitrate, the small stream, or a larger disk.",
        ),
  );
  return plan.fits ? 0 : 1;
};
