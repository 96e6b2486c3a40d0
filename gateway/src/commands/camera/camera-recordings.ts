import { join } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import { ChannelStore } from "../../camera/recording/channel-store.ts";
import { timelineOf } from "../../camera/recording/timeline.ts";
import { wallText } from "../../clock/wall-text.ts";
import type { Language } from "../../config/config-issue.ts";
import { textTable } from "../text-table.ts";
import { momentOf } from "./moment.ts";
import { askSpot, recordedChannels, recordingOf, type Speech, type Spot, spotOf } from "./spot.ts";

/** Options of `mingcheng-gateway camera recordings`. */
export interface CameraRecordingsOptions {
  readonly config: string;
  readonly channel?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly json?: boolean | undefined;
}

interface ToldStretch {
  readonly from: string;
  readonly until: string;
  readonly gap: string | null;
}

const dayMs = 86_400_000;

const gapWords: Readonly<Record<string, string>> = {
  "camera-disconnected": "摄像机断开",
  "camera-stalled": "摄像机不出画面",
  "camera-auth-failed": "密码被拒绝",
  "gateway-down": "网关未运行",
  "disk-full": "磁盘已满",
  "disk-error": "磁盘故障",
  "holds-full": "保全占满",
  "switched-off": "未启用",
  "clock-moved": "时钟被调整",
  unknown: "没有录像",
};

const stretchesOf = async (
  spot: Spot,
  channel: string,
  fromMs: number,
  toMs: number,
): Promise<readonly ToldStretch[]> => {
  const span = { from: wallText(fromMs), until: wallText(toMs) };
  const answer = await askSpot(spot, { type: "recordings", channel, ...span });
  if (answer !== undefined) return answer["stretches"] as readonly ToldStretch[];
  const store = await ChannelStore.read(join(recordingOf(spot).folder, channel));
  const { segments, gaps } = await store.between(fromMs, toMs);
  return timelineOf(segments, gaps, { fromMs, toMs }).map((stretch) => ({
    ...{ from: wallText(stretch.fromMs), until: wallText(stretch.toMs) },
    gap: stretch.type === "gap" ? stretch.reason : null,
  }));
};

const rowOf = ({ from, until, gap }: ToldStretch, language: Language): readonly string[] => {
  const seconds = Math.round((Date.parse(until) - Date.parse(from)) / 1_000);
  const lasted = `${Math.floor(seconds / 3_600)}:${String(Math.floor(seconds / 60) % 60).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
  const time = (text: string): string => text.slice(0, 19).replace("T", " ");
  const recorded = language === "zh" ? "有录像" : "recorded";
  const missing = gap === null ? "" : language === "zh" ? `缺：${gapWords[gap] ?? gap}` : `gap: ${gap}`;
  return [time(from), time(until), lasted, gap === null ? recorded : missing];
};

/**
 * Lists what is recorded, with every gap and its reason. Works beside a running gateway and without one. Exit code 0.
 * @throws {MingchengError} INPUT_INVALID, CAMERA_UNKNOWN, RECORDING_OFF, CAMERAS_OFF
 */
export const runCameraRecordings = async (options: CameraRecordingsOptions, speech: Speech): Promise<number> => {
  const { language, writeLine } = speech;
  const spot = await spotOf(options.config, speech);
  if (spot === undefined) return 1;
  const nowMs = Date.now();
  const toMs = options.to === undefined ? nowMs : momentOf(options.to, "to");
  const fromMs = options.from === undefined ? toMs - dayMs : momentOf(options.from, "from");
  if (toMs <= fromMs) throw new MingchengError("INPUT_INVALID", "it ends before it begins", { field: "to" });
  const told: Record<string, readonly ToldStretch[]> = {};
  for (const channel of recordedChannels(spot, options.channel)) {
    told[channel] = await stretchesOf(spot, channel, fromMs, toMs);
  }
  if (options.json === true) {
    writeLine(JSON.stringify(told));
    return 0;
  }
  for (const [channel, stretches] of Object.entries(told)) {
    writeLine(channel);
    for (const line of textTable(stretches.map((stretch) => rowOf(stretch, language)))) writeLine(`  ${line}`);
  }
  return 0;
};
