/**
 * One line of the error catalogue: what a code means, who can act on it, and whether trying again can help.
 * `zh` and `en` say what happened; `next` says what the installer does now, in both languages.
 */
export interface ErrorEntry {
  readonly retryable: boolean;
  readonly zh: string;
  readonly en: string;
  readonly next: { readonly zh: string; readonly en: string };
}

const entry = (retryable: boolean, zh: string, en: string, nextZh: string, nextEn: string): ErrorEntry => ({
  retryable,
  zh,
  en,
  next: { zh: nextZh, en: nextEn },
});

/** Every error code of the project. A code is never reused for another meaning. `docs/errors.md` is generated from here. */
export const errorCatalogue = {
  CONFIG_INVALID: entry(
    false,
    "配置文件有误",
    "the configuration is not valid",
    "按提示的字段修改配置文件，再运行 check",
    "correct the named field and run check again",
  ),
  RECORD_TOO_LARGE: entry(
    false,
    "记录超过 64 KiB",
    "a record is larger than 64 KiB",
    "检查该设备发送的数据；原始字节已隔离保存",
    "look at what the device sends; the raw bytes are kept in quarantine",
  ),
  MESSAGE_DAMAGED: entry(
    true,
    "报文损坏",
    "a message is damaged",
    "系统会自动重发；若反复出现，请检查链路",
    "it is sent again by itself; check the link if it keeps happening",
  ),
  SIGNATURE_INVALID: entry(
    false,
    "签名无效",
    "a signature does not verify",
    "核对网关与中心的密钥是否匹配，必要时重新登记网关",
    "check that gateway and centre know each other's keys; enrol again if needed",
  ),
  OUTBOX_FULL: entry(
    true,
    "磁盘已满，读数未能保存",
    "the disk is full, the reading was not saved",
    "清理磁盘或更换更大的存储卡；空间恢复后系统自动继续，缺失部分会以 gap 记录说明",
    "free disk space or fit a larger card; capture resumes by itself and a gap record names what is missing",
  ),
  OUTBOX_READ_ONLY: entry(
    true,
    "磁盘为只读，读数未能保存",
    "the disk is read-only, the reading was not saved",
    "检查存储卡是否损坏或被写保护，重新挂载为可写；恢复后系统自动继续",
    "check the card for wear or write protection and mount it writable; capture resumes by itself",
  ),
  OUTBOX_IO: entry(
    true,
    "磁盘读写出错，读数未能保存",
    "the disk fails, the reading was not saved",
    "检查存储卡和供电（dmesg 可见原因）；系统每秒自动重试",
    "check card and power supply (dmesg shows why); it is tried again every second",
  ),
  OUTBOX_DAMAGED: entry(
    false,
    "发件箱中的记录已损坏或不存在",
    "records in the outbox are damaged or gone",
    "运行 mingcheng-gateway fsck 查看范围；损失会以 gap 记录说明，其余记录不受影响",
    "run mingcheng-gateway fsck to see the range; a gap record names the loss, all other records are kept",
  ),
  OUTBOX_LOCKED: entry(
    false,
    "发件箱目录正被另一个进程使用",
    "another process is using the outbox directory",
    "先停止另一个网关进程，或为本网关配置单独的目录",
    "stop the other gateway process, or give this gateway a directory of its own",
  ),
  OUTBOX_FOREIGN: entry(
    false,
    "发件箱目录属于另一个网关",
    "the outbox directory belongs to another gateway",
    "核对配置中的网关编号和数据目录",
    "check the gateway id and the data directory in the configuration",
  ),
  OUTBOX_CLOSED: entry(
    false,
    "发件箱已关闭",
    "the outbox is closed",
    "网关正在停止；启动后继续",
    "the gateway is stopping; it continues after the next start",
  ),
  KEY_INVALID: entry(
    false,
    "密钥文件不可用",
    "a key file cannot be used",
    "检查文件是否为 Ed25519 密钥且权限为 0600，必要时重新登记网关",
    "check that the file holds an Ed25519 key and has mode 0600; enrol again if needed",
  ),
  PROTOCOL_UNKNOWN: entry(
    false,
    "没有这个设备协议",
    "there is no such device protocol",
    "从列出的协议编号中选择一个，见 docs/devices",
    "choose one of the listed protocol ids, see docs/devices",
  ),
  INPUT_INVALID: entry(
    false,
    "输入内容无法读取",
    "the input cannot be read",
    "按提示的选项修改输入后重试",
    "correct the named option and try again",
  ),
  DEVICE_OPEN_FAILED: entry(
    true,
    "无法打开设备端口",
    "the device's port cannot be opened",
    "检查接线、端口路径或地址、权限（dialout 组），以及是否被其他程序占用；系统会自动重试",
    "check cable, port path or address, permission (group dialout) and whether another program holds it; it is tried again by itself",
  ),
  DEVICE_DISCONNECTED: entry(
    true,
    "设备连接断开",
    "the line to the device broke",
    "检查电源、串口线或网络；系统会自动重连",
    "check power, serial cable or network; it reconnects by itself",
  ),
  SIM_VALUE_INVALID: entry(
    false,
    "模拟设备无法表示该数值",
    "a simulated device cannot express this value",
    "按提示的字段修改场景文件",
    "correct the named field of the scenario",
  ),
} as const satisfies Record<string, ErrorEntry>;

/** A stable error code, safe to match on and to document. */
export type ErrorCode = keyof typeof errorCatalogue;
