import { isAbsolute } from "node:path";
import { cameraZones, deviceIdPattern } from "@mingcheng/protocols";
import { qualities } from "@mingcheng/protocols/media";
import { z } from "zod";

const folder = z.string().min(1).max(512).refine(isAbsolute, "须为绝对路径 / must be an absolute path");
const gibibytes = z.number().positive().max(1_000_000);

/** How long a recording is kept, in days. */
export const keptDays = z.number().min(0.01).max(3_650);

/** What is recorded on the spot, and for how long. */
export const recordingSchema = z
  .strictObject({
    folder: folder.describe(
      "录像目录，最好在专用的盘上 / folder of the recordings, best on a disk of its own, such as /mnt/video.",
    ),
    maxGiB: gibibytes
      .optional()
      .describe(
        "所有录像的硬上限；与数据目录（发件箱）在同一文件系统时必须设置 / hard limit of all recordings together; has to be set where the folder is on the data directory's (the outbox's) file system.",
      ),
    minFreeGiB: z
      .number()
      .min(0.1)
      .max(1_000_000)
      .default(5)
      .describe(
        "文件系统剩余空间低于此值时先删最旧的，删不动就停录 / below so much free space the oldest goes; where nothing can go, recording stops.",
      ),
    days: keptDays.default(7).describe("保存天数 / days that recordings are kept."),
    zones: z
      .partialRecord(z.enum(cameraZones), keptDays)
      .default({})
      .describe("按区域另定的保存天数，例如 disposal: 30 / days by zone where they differ, such as disposal: 30."),
    eventDays: keptDays
      .default(30)
      .describe(
        "检测、销毁、报警对应录像（前 60 秒至后 120 秒）的保存天数 / days that what belongs to a test, to destroyed goods or to an alert is held (60 s before to 120 s after).",
      ),
    stream: z.enum(qualities).default("main").describe("录哪路码流：main、sub / which stream: main, sub."),
    segmentSeconds: z
      .int()
      .min(2)
      .max(60)
      .default(10)
      .describe("每个录像文件多少秒（断电最多损失最后一个文件的尾部） / length of a file, in seconds."),
  })
  .optional()
  .describe(
    "现场循环录像；省略时不录。能录多久：mingcheng-gateway camera plan / ring recording on the spot; left out: none. What a disk can hold: mingcheng-gateway camera plan.",
  );

/** Evidence pictures. */
export const stillsSchema = z
  .strictObject({
    folder: folder
      .optional()
      .describe(
        "照片目录；省略时在录像目录或数据目录下 / folder of stills; left out: below the recordings, or the data directory.",
      ),
    days: keptDays.default(90).describe("保存天数 / days that stills are kept."),
    maxMiB: z
      .int()
      .min(16)
      .max(1_000_000)
      .default(512)
      .describe("所有照片的硬上限，最旧的先删 / hard limit of all stills together; the oldest go first."),
  })
  .prefault({})
  .describe("证据照片 / evidence pictures.");

/** How cameras are watched over while nobody looks. */
export const watchSchema = z
  .strictObject({
    always: z
      .boolean()
      .default(true)
      .describe(
        "无人观看时也保持连接，随时知道画面是否正常 / keeps a session with every camera, so that it is known how it stands while nobody looks.",
      ),
    measureSeconds: z
      .int()
      .min(10)
      .max(30)
      .default(20)
      .describe(
        "每隔多少秒解码一帧，判断冻结、黑屏、遮挡（须安装 ffmpeg） / a picture is decoded so often, to tell frozen, black and covered ones (needs ffmpeg), in seconds.",
      ),
  })
  .prefault({})
  .describe("画面状态的判断 / how cameras are watched over.");

/** What a channel says for itself. */
export const channelKeeping = {
  record: z.boolean().default(true).describe("录像（须有 recording） / recorded, where there is recording."),
  days: keptDays.optional().describe("保存天数，优先于区域 / days for this one, before its zone's."),
  maxGiB: gibibytes.optional().describe("本通道录像的上限 / limit of this one's recordings."),
  devices: z
    .array(z.string().regex(deviceIdPattern))
    .max(64)
    .default([])
    .describe(
      "画面中的设备：其检测记录（销毁区为称重记录）对应的录像自动保全并拍照；快检室省略时为所有检测仪 / devices in its picture: what it shows when they record a test (in zone disposal: a weighing) is held, with a still; in zone test-room, when left out, every tester.",
    ),
  stillEveryMinutes: z
    .int()
    .min(1)
    .max(1_440)
    .optional()
    .describe("每隔多少分钟拍一张证据照片；省略时不拍 / a still so often, in minutes; left out: none."),
  uplink: z
    .enum(["video", "pictures", "stills"])
    .default("video")
    .describe(
      "向中心最多送什么（差的 4G）：video 视频，pictures 每 2 秒一幅，stills 每 10 秒一幅；现场观看不受限 / the most that goes to the centre, for poor 4G: video, pictures (one in 2 s), stills (one in 10 s); viewing on the spot is not limited.",
    ),
} as const;

/** See {@link recordingSchema}. */
export type RecordingConfig = NonNullable<z.output<typeof recordingSchema>>;
