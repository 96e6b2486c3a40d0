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
} as const satisfies Record<string, ErrorEntry>;

/** A stable error code, safe to match on and to document. */
export type ErrorCode = keyof typeof errorCatalogue;
