/** Why there was no answer, in Chinese and English. */
type Words = readonly [zh: string, en: string];

/** Reasons by the name that Node, SMPP's and the modem's side give them. */
const known: Readonly<Record<string, Words>> = {
  timeout: ["时限内没有答复", "no answer in time"],
  stopped: ["中心停止，发送中断", "broken off because the centre stopped"],
  ECONNREFUSED: ["对方拒绝连接", "the connection was refused"],
  ENOTFOUND: ["域名无法解析", "the name cannot be resolved"],
  EAI_AGAIN: ["域名暂时无法解析", "the name cannot be resolved now"],
  ETIMEDOUT: ["连接超时", "the connection timed out"],
  EHOSTUNREACH: ["网络不通", "the network does not get there"],
  ENETUNREACH: ["网络不通", "the network does not get there"],
  ECONNRESET: ["连接中断", "the connection broke"],
  EPIPE: ["连接中断", "the connection broke"],
  EPROTO: ["TLS 协商失败", "TLS could not be agreed on"],
  "connection closed": ["连接中断", "the connection broke"],
  "not connected": ["尚未连接", "there is no connection"],
  closed: ["中心已关闭该渠道", "the centre has closed the channel"],
  "the other side said good-bye": ["短信中心断开了连接", "the SMS centre ended the connection"],
  "the other side does not read": ["短信中心不接收数据", "the SMS centre does not read"],
  "no answer to enquire_link": ["短信中心无应答", "the SMS centre does not answer"],
  unplugged: ["模块已拔出或断电", "the modem was pulled out, or lost its power"],
  "no answer": ["模块无应答，已重置", "the modem does not answer and was reset"],
  "the port's process ended": ["串口进程已结束", "the process that holds the port ended"],
  "stopped while it was being sent": ["发送时中心停止", "the centre stopped while it was being sent"],
};

const kinds: readonly (readonly [RegExp, Words])[] = [
  [
    /^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT)/u,
    ["对方证书不受信任", "its certificate is not trusted"],
  ],
  [/^ERR_(?:SSL|TLS)_/u, ["TLS 协商失败", "TLS could not be agreed on"]],
  [/^HPE_/u, ["答复不是 HTTP", "the answer is not HTTP"]],
  [/^not SMPP: /u, ["对方不是短信中心", "the other side speaks no SMPP"]],
  [/^no answer to AT/u, ["模块无应答", "the modem does not answer"]],
  [/cannot open \S/u, ["串口无法打开", "the port cannot be opened"]],
  [/cannot lock port/iu, ["串口被其他程序占用", "another program holds the port"]],
];

/**
 * A reason of our own side as histories have it, `REASON：中文 / English`, so that screens show the reader's half. One that is
 * in words already, or in no list, stays as it is.
 */
export const inWords = (reason: string): string => {
  if (reason.includes(" / ")) return reason;
  const words = known[reason] ?? kinds.find(([pattern]) => pattern.test(reason))?.[1];
  return words === undefined ? reason : `${reason}：${words[0]} / ${words[1]}`;
};
