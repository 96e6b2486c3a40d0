import { type ErrorEntry, entry } from "./error-entry.ts";

/** What any program can meet: configuration, records, messages, keys. */
export const sharedErrors = {
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
  LISTEN_FAILED: entry(
    false,
    "无法监听端口",
    "a port cannot be listened on",
    "检查端口是否被其他程序占用，或在配置文件中改用其他端口",
    "see whether another program holds the port, or choose another in the configuration",
  ),
  EVIDENCE_INVALID: entry(
    false,
    "证据文件未通过核验",
    "the evidence does not verify",
    "核对公钥是否来自可信渠道；文件自指出的位置起不可采信，请向中心重新索取",
    "check that the public keys came by a trusted way; nothing behind the named place can be relied on, ask the centre for the file again",
  ),
  GRAFANA_UNREACHABLE: entry(
    true,
    "连接不上 Grafana",
    "Grafana does not answer",
    "检查地址和 Grafana 是否已启动，然后再运行一次",
    "check the address and that Grafana runs, then run the command again",
  ),
  GRAFANA_REFUSED: entry(
    false,
    "Grafana 拒绝了请求",
    "Grafana refused the request",
    "检查令牌或密码，以及该账号能否编辑播放列表；Grafana 须为 12 或更新版本",
    "check the token or password and that the account may edit playlists; Grafana must be 12 or newer",
  ),
} as const satisfies Record<string, ErrorEntry>;
