import { unlisted, type Verdict } from "../sms/verdict.ts";

/** Command statuses that we say ourselves, SMPP 3.4 §5.1.3. */
export const status = {
  ok: 0x00,
  invalidMessage: 0x01,
  invalidLength: 0x02,
  invalidCommand: 0x03,
  systemError: 0x08,
  /** ESME_RX_T_APPN: cannot be taken now, send it again. */
  notTaken: 0x64,
} as const;

/** A status by its name in the standard, and what it means for a message. */
export interface SmppStatus extends Verdict {
  readonly name: string;
}

const second = 1_000;

/** Statuses that `bind_transceiver_resp` and `submit_sm_resp` may have, SMPP 3.4 §5.1.3. */
export const smppStatuses: Readonly<Record<number, SmppStatus>> = {
  0: { name: "ESME_ROK", kind: "accepted", zh: "短信中心已接收", en: "accepted" },
  1: { name: "ESME_RINVMSGLEN", kind: "refused", zh: "短信长度无效", en: "the length is not valid" },
  2: { name: "ESME_RINVCMDLEN", kind: "refused", zh: "指令长度无效", en: "the length of the command is not valid" },
  3: { name: "ESME_RINVCMDID", kind: "setup", zh: "不支持该指令", en: "the command is not known" },
  4: { name: "ESME_RINVBNDSTS", kind: "setup", zh: "账号不允许发送", en: "the account may not send" },
  5: { name: "ESME_RALYBND", kind: "setup", zh: "账号已在别处登录", en: "the account is signed in elsewhere" },
  8: { name: "ESME_RSYSERR", kind: "busy", zh: "短信中心系统错误", en: "a fault of the SMS centre" },
  10: { name: "ESME_RINVSRCADR", kind: "setup", zh: "发送号码无效", en: "the sender's number is not valid" },
  11: { name: "ESME_RINVDSTADR", kind: "refused", zh: "接收号码无效", en: "the receiver's number is not valid" },
  13: { name: "ESME_RBINDFAIL", kind: "setup", zh: "登录失败", en: "signing in failed" },
  14: { name: "ESME_RINVPASWD", kind: "setup", zh: "密码错误", en: "the password is wrong" },
  15: { name: "ESME_RINVSYSID", kind: "setup", zh: "账号不存在", en: "the account is unknown" },
  20: {
    name: "ESME_RMSGQFUL",
    kind: "limit",
    zh: "短信中心队列已满",
    en: "the queue is full",
    retryAfterMs: 30 * second,
  },
  21: { name: "ESME_RINVSERTYP", kind: "setup", zh: "业务类型无效", en: "the service type is not valid" },
  67: { name: "ESME_RINVESMCLASS", kind: "setup", zh: "短信类别无效", en: "the class is not valid" },
  69: { name: "ESME_RSUBMITFAIL", kind: "busy", zh: "提交失败", en: "submitting failed" },
  72: {
    name: "ESME_RINVSRCTON",
    kind: "setup",
    zh: "发送号码类型无效",
    en: "the sender's type of number is not valid",
  },
  73: {
    name: "ESME_RINVSRCNPI",
    kind: "setup",
    zh: "发送号码方案无效",
    en: "the sender's numbering plan is not valid",
  },
  80: {
    name: "ESME_RINVDSTTON",
    kind: "setup",
    zh: "接收号码类型无效",
    en: "the receiver's type of number is not valid",
  },
  81: {
    name: "ESME_RINVDSTNPI",
    kind: "setup",
    zh: "接收号码方案无效",
    en: "the receiver's numbering plan is not valid",
  },
  83: { name: "ESME_RINVSYSTYP", kind: "setup", zh: "系统类型无效", en: "the system type is not valid" },
  88: { name: "ESME_RTHROTTLED", kind: "limit", zh: "超过发送速率", en: "too many at once", retryAfterMs: 5 * second },
  100: { name: "ESME_RX_T_APPN", kind: "busy", zh: "暂不能接收", en: "cannot be taken now" },
  101: { name: "ESME_RX_P_APPN", kind: "refused", zh: "永久拒收", en: "refused for good" },
  102: { name: "ESME_RX_R_APPN", kind: "refused", zh: "被拒收", en: "refused" },
  192: { name: "ESME_RINVOPTPARSTREAM", kind: "setup", zh: "可选参数无效", en: "optional parameters are not valid" },
  193: {
    name: "ESME_ROPTPARNOTALLWD",
    kind: "setup",
    zh: "不允许该可选参数",
    en: "an optional parameter is not allowed",
  },
  254: { name: "ESME_RDELIVERYFAILURE", kind: "refused", zh: "投递失败", en: "delivery failed" },
  255: { name: "ESME_RUNKNOWNERR", kind: "busy", zh: "未知错误", en: "an unknown fault" },
};

/** What a status means. Those that are in no list come from one network only, §5.1.3: tried again later. */
export const smppStatus = (code: number): SmppStatus =>
  smppStatuses[code] ?? { ...unlisted("setup"), name: `0x${code.toString(16).padStart(8, "0")}` };
