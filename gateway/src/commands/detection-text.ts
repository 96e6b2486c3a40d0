import { errorCatalogue } from "@mingcheng/protocols";
import type { Language } from "../config/config-issue.ts";
import type { Detected, Detection } from "../detect/detect.ts";
import type { DetectStep, PortFinding } from "../detect/detect-port.ts";
import { settingsText } from "../detect/line-settings.ts";
import type { Candidate } from "../detect/rank.ts";
import { drivers } from "../drivers/index.ts";
import { textTable } from "./text-table.ts";

type Said = Readonly<Record<Language, string>>;

const nameOf = (protocol: string, language: Language): string =>
  drivers.find((driver) => driver.protocol === protocol)?.displayName[language] ?? protocol;

const percent = (share: number): string => `${Math.round(share * 100)} %`;

const candidateRow = (candidate: Candidate, language: Language): readonly string[] => {
  const { protocol, score, frames, coverage, damaged, samples } = candidate;
  const broken = { zh: `校验错 ${damaged}`, en: `${damaged} bad checksums` }[language];
  const said = {
    zh: [`帧 ${frames}`, `覆盖 ${percent(coverage)}`],
    en: [`${frames} frames`, `${percent(coverage)} of the bytes`],
  }[language];
  const evidence = damaged === 0 ? said : [...said, broken];
  return ["   ", percent(score), protocol, nameOf(protocol, language), evidence.join(", "), samples.join(" | ")];
};

/** What was found at a port, in a sentence. */
export const verdictOf = ({ outcome, candidates, equals, settings, bytes, fault }: PortFinding): Said => {
  const line = settings === null ? "" : ` (${settingsText(settings)})`;
  const [first] = candidates;
  const alike = candidates.slice(0, equals).map(({ protocol }) => protocol);
  switch (outcome) {
    case "recognised":
      return { zh: `识别为 ${first?.protocol}${line}`, en: `${first?.protocol}${line}` };
    case "ambiguous":
      return {
        zh: `以下协议都能完整解释这条线路上的数据，仅凭监听无法区分${line}：${alike.join("、")}。请按设备型号选择`,
        en: `these read the line equally well and cannot be told apart by listening${line}: ${alike.join(", ")}. Choose by the device's model`,
      };
    case "possible":
      return {
        zh: `可能是 ${first?.protocol}${line}，但证据不足（${bytes} 字节）`,
        en: `possibly ${first?.protocol}${line}, but there is too little evidence (${bytes} bytes)`,
      };
    case "unknown":
      return { zh: `收到 ${bytes} 字节，没有协议能解释`, en: `${bytes} bytes heard that no known protocol explains` };
    case "silent":
      return { zh: "没有收到任何数据", en: "nothing was heard" };
    case "failed":
      return {
        zh: fault === null ? "打不开" : `${errorCatalogue[fault.code].zh}：${fault.message}`,
        en: fault === null ? "cannot be opened" : `${errorCatalogue[fault.code].en}: ${fault.message}`,
      };
  }
};

const openSteps: readonly (readonly [RegExp, Said])[] = [
  [
    /permission|EACCES|EPERM/i,
    {
      zh: "没有权限：把当前用户加入 dialout 组（usermod -aG dialout 用户名）并重新登录，或用 sudo 运行",
      en: "no permission: add the user to the group dialout (usermod -aG dialout <user>) and log in again, or use sudo",
    },
  ],
  [
    /lock|busy|EBUSY|in use/i,
    {
      zh: "端口正被占用：先停止网关（systemctl stop mingcheng-gateway）或占用它的程序（fuser -v 端口）",
      en: "the port is in use: stop the gateway (systemctl stop mingcheng-gateway) or the program that has it (fuser -v <port>)",
    },
  ],
  [
    /no such file|ENOENT|cannot find|not found/i,
    {
      zh: "没有这个端口：检查插头，用不带参数的 detect 列出现有端口",
      en: "there is no such port: check the plug; detect without arguments lists what is there",
    },
  ],
  [
    /refused|timeout|unreach|ENETUNREACH|EHOSTUNREACH/i,
    {
      zh: "连接不上：检查地址、端口和网线；许多串口服务器同时只接受一个连接",
      en: "no connection: check address, port and cable; many serial-to-TCP boxes take one connection at a time only",
    },
  ],
];

/** What to do about it; null where there is nothing to do. */
export const stepOf = ({ outcome, fault, probed }: PortFinding): Said | null => {
  if (outcome === "failed") {
    const step = openSteps.find(([pattern]) => pattern.test(fault?.message ?? ""))?.[1];
    return step ?? errorCatalogue[fault?.code ?? "DEVICE_OPEN_FAILED"].next;
  }
  if (outcome === "silent" && !probed) {
    return {
      zh: "检查电源和接线（TX/RX）；设备可能只在按打印键或被询问时才发送：加大 --seconds 并按打印键，或使用 --probe",
      en: "check power and wiring (TX, RX); the device may speak only when its print key is pressed or when it is asked: give more --seconds and press print, or use --probe",
    };
  }
  if (outcome === "silent") {
    return {
      zh: "询问也没有回答：检查电源、接线（TX/RX 是否接反）和设备菜单中的通信设置",
      en: "it does not answer either: check power, wiring (TX and RX swapped?) and the communication menu of the device",
    };
  }
  if (outcome === "unknown") {
    return {
      zh: "核对设备菜单中的波特率和输出格式；文本格式可用 line 或 block 驱动配置",
      en: "check baud rate and output format in the device's menu; text can be read by the configurable drivers line and block",
    };
  }
  if (outcome === "possible") {
    return {
      zh: "加大 --seconds 再试，并在此期间称重几次",
      en: "try again with more --seconds, and weigh a few things meanwhile",
    };
  }
  return null;
};

/** About an adapter without a serial number of its own; null for all others. */
export const warningOf = ({ port }: Detected): Said | null => {
  if (port === null || port.adapter === null) return null;
  if (port.identity?.startsWith("usb:") === true) return null;
  return {
    zh: "注意：此转接器没有唯一序列号，只能按插口识别；换插口后其读数会记为未确认设备，直到修改配置",
    en: "note: this adapter has no serial number of its own and is known by its socket; in another socket its readings count as unidentified until the configuration is changed",
  };
};

const portLines = (detected: Detected, language: Language): string[] => {
  const { finding, port, bestAddress } = detected;
  const serial = port?.identity?.startsWith("usb:") === true ? port.adapter?.serialNumber : undefined;
  const title = [bestAddress, ...(port === null || port.tty === bestAddress ? [] : [`→ ${port.tty}`])];
  const number =
    serial === undefined || serial === null
      ? []
      : [{ zh: `序列号 ${serial}`, en: `serial number ${serial}` }[language]];
  const step = stepOf(finding);
  const warning = warningOf(detected);
  return [
    [...title, ...number].join("  "),
    `  ${verdictOf(finding)[language]}`,
    ...textTable(finding.candidates.slice(0, 5).map((candidate) => candidateRow(candidate, language))),
    ...(step === null ? [] : [`  ${{ zh: "下一步", en: "Next" }[language]}: ${step[language]}`]),
    ...(warning === null ? [] : [`  ${warning[language]}`]),
    "",
  ];
};

const nothing: Said = {
  zh: "没有找到串口。检查 USB 转接器是否插好（ls /dev/serial/by-id），或直接给出路径、tcp://主机:端口",
  en: "no serial port found. Check that the adapter is plugged in (ls /dev/serial/by-id), or name a path or tcp://host:port",
};

const paste: Said = {
  zh: "# 可直接写入配置文件；请核对 id、单位等选项，再用 check 检查",
  en: "# ready for the configuration file; look at id, unit and other options, then run check",
};

/** A detection for people. */
export const detectionLines = ({ ports, configuration }: Detection, language: Language): string[] => [
  ...(ports.length === 0 ? [nothing[language]] : ports.flatMap((port) => portLines(port, language))),
  ...(configuration === "" ? [] : [paste[language], ...configuration.trimEnd().split("\n")]),
];

/** What is being tried, for people who wait. */
export const progressLine = ({ address, doing, settings, protocol }: DetectStep, language: Language): string => {
  const words = { listening: { zh: "监听", en: "listening" }, probing: { zh: "询问", en: "asking" } }[doing];
  return [
    address,
    words[language],
    ...(settings === null ? [] : [settings]),
    ...(protocol === null ? [] : [protocol]),
  ].join(" ");
};
