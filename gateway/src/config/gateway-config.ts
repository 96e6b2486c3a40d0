import { deviceIdPattern } from "@mingcheng/protocols";
import { z } from "zod";
import { camerasSchema } from "./cameras-config.ts";
import { intakeSchema } from "./intake-config.ts";
import { marketScreenSchema } from "./market-screen-config.ts";
import { webSchema } from "./web-config.ts";

/** Begins the device id of an adapter whose device is not known for certain. */
export const unidentifiedPrefix = "unidentified.";

const host = z.string().min(1).max(253);
const port = z.int().min(0).max(65_535);

const healthSchema = z
  .strictObject({
    host: z
      .enum(["127.0.0.1", "::1", "localhost"])
      .default("127.0.0.1")
      .describe("只监听本机回环地址 / loopback only: nothing here is protected by a password."),
    port: port.default(8090).describe("端口，0 为任意空闲端口 / port, 0 takes any free one."),
  })
  .prefault({})
  .describe("本机状态：/healthz /readyz /metrics /status / local state over HTTP: /healthz /readyz /metrics /status.");

const centreSchema = z
  .strictObject({
    host: host.describe("中心的域名或地址 / name or address of the centre."),
    port: port.min(1).describe("MQTT/TLS 端口 / port for MQTT over TLS."),
  })
  .optional()
  .describe("中心的接入地址；省略时用登记时得到的地址 / where the centre is reached; left out: as told at enrolment.");

const outboxSchema = z
  .strictObject({
    segmentMiB: z.number().min(0.25).max(256).default(8).describe("段文件大小 / size of one segment file, in MiB."),
    reserveKiB: z
      .int()
      .min(0)
      .max(65_536)
      .default(256)
      .describe("为磁盘写满时保留的空间 / kept free for clean-up on a full disk, in KiB."),
    retentionDays: z
      .number()
      .min(0)
      .max(3650)
      .default(30)
      .describe(
        "中心确认后仍保留的天数（空间允许时） / receipted records are kept so many days while the disk allows.",
      ),
    verifyAtOpenMiB: z
      .int()
      .min(0)
      .max(65_536)
      .default(256)
      .describe(
        "启动时立即校验的数据量，其余在后台校验 / verified before capture starts, in MiB; the rest is verified in the background.",
      ),
  })
  .prefault({})
  .describe("发件箱：落盘后才算采集 / the outbox: a reading counts as captured once it is on disk there.");

const quarantineSchema = z
  .strictObject({
    maxMiB: z
      .number()
      .min(0.0625)
      .max(1024)
      .default(16)
      .describe("隔离区上限，超出时删除最旧的文件 / limit of the quarantine in MiB; beyond it the oldest file goes."),
  })
  .prefault({})
  .describe(
    "无法成为记录的读数连同原始字节保存在这里 / readings that cannot become records are kept here with their raw bytes.",
  );

/** Commands of the centre, by kind. A list of its own: whoever is never commanded does not load what commands are. */
export const refusableCommands = [
  "restart-driver",
  "detect",
  "log-level",
  "diagnostics",
  "tare",
  "zero",
  "camera-still",
  "camera-clip",
  "camera-hold",
  "camera-release",
  "configuration",
] as const;

const commandsSchema = z
  .strictObject({
    confirmSeconds: z
      .int()
      .min(5)
      .max(60)
      .default(60)
      .describe(
        "中心下发的配置须在多少秒内证明可用，否则自动回退 / a configuration of the centre has so many seconds to prove good, or the one before comes back.",
      ),
    refuse: z
      .array(z.enum(refusableCommands))
      .default([])
      .describe(
        "无论中心怎么说都不执行的命令，例如 [tare, zero] / commands never carried out, whatever the centre says, such as [tare, zero]: restart-driver, detect, log-level, diagnostics, tare, zero, configuration.",
      ),
  })
  .prefault({})
  .describe("中心下发的签名命令 / signed commands of the centre.");

const serialSchema = z
  .strictObject({
    baudRate: z.int().min(50).max(4_000_000).optional().describe("波特率 / baud."),
    dataBits: z.literal([7, 8]).optional().describe("数据位 / data bits: 7, 8."),
    parity: z.enum(["none", "even", "odd"]).optional().describe("校验位 / parity: none, even, odd."),
    stopBits: z.literal([1, 2]).optional().describe("停止位 / stop bits: 1, 2."),
  })
  .prefault({})
  .describe("串口参数；省略时用驱动的出厂值 / serial line; what is left out is the driver's own.");

/** One device as written; `options` are checked by its driver. */
export const deviceSchema = z.strictObject({
  id: z
    .string()
    .regex(deviceIdPattern, "须为 1-64 个字母、数字或 . _ - / must be 1 to 64 letters, digits or . _ -")
    .refine(
      (id) => !id.startsWith(unidentifiedPrefix),
      "以 unidentified. 开头的编号留给未确认的转接器 / ids that begin with unidentified. are kept for adapters that nobody has confirmed",
    )
    .describe("设备编号，在本网关内唯一，写入每条记录 / device id, unique in this gateway, part of every record."),
  protocol: z.string().min(1).max(64).describe("设备协议 / device protocol:"),
  address: z
    .string()
    .min(1)
    .max(4096)
    .describe(
      "串口路径（推荐 /dev/serial/by-id/ 下的名字）、tcp://host:port，或结果文件夹 folder:///路径（仅 csv） / port path (a name below /dev/serial/by-id is best), tcp://host:port, or folder:///path with files of results (csv only).",
    ),
  insecureTransport: z
    .boolean()
    .default(false)
    .describe(
      "tcp:// 为明文，必须写 true 表示知情，状态中会显示 / tcp:// is plain text: say true to show that you know; the status shows it.",
    ),
  serial: serialSchema,
  silentAfterMs: z
    .int()
    .min(1000)
    .max(86_400_000)
    .nullable()
    .optional()
    .describe(
      "多久没有数据算静默，毫秒；省略时电子秤为 60000，须查询的检测仪至少 60000，其他检测仪不判断；null 为不判断 / nothing heard for so long, in milliseconds, is silence; left out: 60000 for scales, at least that for testers that are asked, never for others; null: never.",
    ),
  options: z
    .record(z.string(), z.unknown())
    .default({})
    .describe("驱动选项，见下文 / the driver's options, see below."),
});

/** The gateway's configuration. Strict: unknown options are refused. */
export const gatewayConfigSchema = z.strictObject({
  data: z
    .string()
    .min(1)
    .max(4096)
    .default("/var/lib/mingcheng-gateway")
    .describe("数据目录：密钥、登记、发件箱、隔离区 / data directory: keys, enrolment, outbox, quarantine."),
  health: healthSchema,
  centre: centreSchema,
  outbox: outboxSchema,
  quarantine: quarantineSchema,
  log: z
    .strictObject({
      level: z
        .enum(["debug", "info", "warn", "error"])
        .default("info")
        .describe("级别：debug、info、warn、error / how much is logged: debug, info, warn, error."),
    })
    .prefault({})
    .describe("日志为标准输出上的 JSON 行 / the log: JSON lines on standard output."),
  commands: commandsSchema,
  devices: z.array(deviceSchema).max(256).default([]).describe("设备 / devices."),
  intake: intakeSchema,
  web: webSchema,
  marketScreen: marketScreenSchema,
  cameras: camerasSchema,
});

/** The configuration as written, with its defaults; devices are not checked against their drivers yet. */
export type WrittenConfig = z.output<typeof gatewayConfigSchema>;
