import type { Language } from "../config/config-issue.ts";
import type { GatewayStatus, NextStep, StatusDevice } from "../health/status-schema.ts";
import { textTable } from "./text-table.ts";

type Words = Readonly<Record<string, readonly [zh: string, en: string]>>;

const states: Words = {
  starting: ["正在启动", "starting"],
  ok: ["正常", "ok"],
  attention: ["需要处理", "needs attention"],
  failed: ["无法采集", "cannot capture"],
  opening: ["正在打开", "opening"],
  connected: ["已连接", "connected"],
  online: ["在线", "online"],
  offline: ["离线", "offline"],
  silent: ["静默", "silent"],
  parked: ["已停用", "parked"],
  full: ["磁盘已满", "disk full"],
  "read-only": ["磁盘只读", "read-only"],
  "io-error": ["读写出错", "I/O error"],
  down: ["未连接", "not connected"],
  ready: ["正常", "ready"],
  ntp: ["NTP", "NTP"],
  rtc: ["硬件时钟", "hardware clock"],
  receipt: ["取自中心回执", "from the centre's receipt"],
  none: ["未校准", "not set"],
};

const units = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** Bytes for people: `34.2 MiB`. */
const bytesText = (bytes: number): string => {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
};

const durationText = (ms: number, language: Language): string => {
  const minutes = Math.floor(ms / 60_000);
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60];
  if (language === "zh")
    return days > 0 ? `${days} 天 ${hours} 小时` : hours > 0 ? `${hours} 小时 ${rest} 分` : `${rest} 分`;
  return days > 0 ? `${days} d ${hours} h` : hours > 0 ? `${hours} h ${rest} min` : `${rest} min`;
};

const sumOf = (values: Readonly<Record<string, number>>): number =>
  Object.values(values).reduce((total, value) => total + value, 0);

const timeText = (at: string | null): string => (at === null ? "-" : at.slice(0, 19).replace("T", " "));

const say = (language: Language) => {
  const pick = (zh: string, en: string): string => (language === "zh" ? zh : en);
  const state = (name: string): string => {
    const words = states[name];
    return words === undefined ? name : pick(...words);
  };
  return { pick, state };
};

const deviceRow = (device: StatusDevice, language: Language): string[] => {
  const { pick, state } = say(language);
  const { id, protocol, address, insecureTransport, lastFrameAt, captured, missed, discardedBytes } = device;
  const plain = insecureTransport ? pick("（明文）", " (plain text)") : "";
  return [
    id,
    state(device.state),
    protocol,
    `${address}${plain}`,
    timeText(lastFrameAt),
    String(sumOf(captured)),
    String(missed),
    String(sumOf(discardedBytes)),
  ];
};

const partRows = (status: GatewayStatus, language: Language): string[][] => {
  const { pick, state } = say(language);
  const { outbox, uplink, clock, capture, centre } = status;
  const error = clock.errMs === null ? pick("误差未知", "error unknown") : `±${Math.round(clock.errMs)} ms`;
  const { files, bytes } = capture.quarantine;
  return [
    [
      pick("发件箱", "outbox"),
      state(outbox.state),
      pick(
        `${outbox.bufferedRecords} 条记录，${bytesText(outbox.bufferedBytes)}，磁盘可用 ${bytesText(outbox.freeBytes)}`,
        `${outbox.bufferedRecords} records, ${bytesText(outbox.bufferedBytes)}, ${bytesText(outbox.freeBytes)} of disk free`,
      ),
    ],
    [
      pick("上行", "uplink"),
      state(uplink.state),
      pick(
        `待中心确认 ${uplink.pending} 条，最近回执 ${timeText(uplink.lastReceiptAt)}`,
        `${uplink.pending} records without receipt, last receipt ${timeText(uplink.lastReceiptAt)}`,
      ),
    ],
    [
      pick("中心配置", "remote"),
      state("ok"),
      centre.configuration === 0
        ? pick("使用本机配置文件", "this box's own file")
        : pick(`中心下发的第 ${centre.configuration} 版`, `version ${centre.configuration} of the centre`),
    ],
    [pick("时钟", "clock"), state(clock.sync), `${timeText(clock.wall)} ${error}`],
    [
      pick("隔离区", "quarantine"),
      files === 0 ? state("ok") : state("attention"),
      pick(`${files} 个文件，${bytesText(bytes)}`, `${files} files, ${bytesText(bytes)}`),
    ],
  ];
};

const intakeRows = ({ intake }: GatewayStatus, language: Language): string[][] => {
  if (intake === null) return [];
  const { pick, state } = say(language);
  const { listeners, captured, repeated, refused, refusedLogins, flagged } = intake;
  const isUp = listeners.every((listener) => listener.state === "listening");
  const counts = pick(
    `成为记录 ${captured} 条，重发 ${repeated}，拒收 ${refused}，金额不符 ${flagged}，登录被拒 ${refusedLogins}`,
    `${captured} records, ${repeated} sent again, ${refused} refused, ${flagged} amounts that do not fit, ${refusedLogins} logins refused`,
  );
  const urls = listeners.map(({ url, insecureTransport, error }) => {
    const plain = insecureTransport ? pick("（明文）", " (plain text)") : "";
    return [
      "",
      error === null ? state("ok") : state("attention"),
      `${url}${plain}${error === null ? "" : ` ${error.message}`}`,
    ];
  });
  return [[pick("局域网接入", "LAN intake"), isUp ? state("ok") : state("attention"), counts], ...urls];
};

const nextLines = (status: GatewayStatus, language: Language): string[] => {
  const { pick } = say(language);
  const { outbox, uplink, clock, capture, devices, intake } = status;
  const steps: (readonly [string, NextStep])[] = [
    [pick("发件箱", "outbox"), outbox.next],
    [pick("上行", "uplink"), uplink.next],
    [pick("时钟", "clock"), clock.next],
    [pick("隔离区", "quarantine"), capture.next],
    [pick("局域网接入", "LAN intake"), intake?.next ?? null],
    ...devices.map((device): readonly [string, NextStep] => [device.id, device.next]),
  ];
  const lines = steps.flatMap(([what, step]) => (step === null ? [] : [`  ${what}: ${step[language]}`]));
  return lines.length === 0 ? [] : ["", pick("下一步：", "Next:"), ...lines];
};

/** The status as lines for people. */
export const statusLines = (status: GatewayStatus, language: Language): string[] => {
  const { pick, state } = say(language);
  const uptime = durationText(status.uptimeMs, language);
  const head = pick(
    `明秤网关 ${status.gw}（${status.site}）：${state(status.state)}，已运行 ${uptime}，版本 ${status.software.version}，中心 ${status.centreName}`,
    `Mingcheng gateway ${status.gw} (${status.site}): ${state(status.state)}, up ${uptime}, version ${status.software.version}, centre ${status.centreName}`,
  );
  const titles =
    language === "zh"
      ? ["设备", "状态", "协议", "地址", "最近数据", "记录", "未采集", "丢弃字节"]
      : ["device", "state", "protocol", "address", "last frame", "records", "not captured", "bytes discarded"];
  const alarms = status.alarms.map(({ code, since, zh, en, detail }) => {
    return `  ${pick("告警", "ALARM")} ${code} ${timeText(since)} ${pick(zh, en)}${detail === "" ? "" : ` (${detail})`}`;
  });
  return [
    head,
    "",
    ...textTable([...partRows(status, language), ...intakeRows(status, language)]),
    ...alarms,
    "",
    ...textTable([titles, ...status.devices.map((device) => deviceRow(device, language))]),
    ...nextLines(status, language),
  ];
};
