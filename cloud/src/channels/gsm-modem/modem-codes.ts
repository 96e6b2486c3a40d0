import { unlisted, type Verdict } from "../sms/verdict.ts";

const minute = 60_000;

/** Failures of the network and the modem, `+CMS ERROR`, 3GPP TS 27.005 §3.2.5 with TS 24.011 annex E and TS 23.040 §9.2.3.22. */
export const cmsErrors: Readonly<Record<number, Verdict>> = {
  1: { kind: "refused", zh: "号码未分配", en: "nobody has this number" },
  8: { kind: "setup", zh: "运营商禁止该卡发送", en: "the operator bars this SIM" },
  10: { kind: "setup", zh: "该卡已限制呼出", en: "calls are barred for this SIM" },
  21: { kind: "setup", zh: "短信中心拒收", en: "the SMS centre refused it" },
  27: { kind: "busy", zh: "对方无法接通", en: "the receiver is out of service" },
  28: { kind: "refused", zh: "无法识别的用户", en: "the receiver cannot be identified" },
  29: { kind: "setup", zh: "网络拒绝该业务", en: "the network refuses the service" },
  30: { kind: "refused", zh: "用户未知", en: "the receiver is unknown" },
  38: { kind: "busy", zh: "网络故障", en: "the network is out of order" },
  41: { kind: "busy", zh: "网络暂时故障", en: "the network fails for a moment" },
  42: { kind: "limit", zh: "网络拥塞", en: "the network is congested" },
  47: { kind: "busy", zh: "网络资源不足", en: "the network has no resources" },
  50: { kind: "setup", zh: "该卡未开通短信", en: "the SIM has no SMS service" },
  69: { kind: "setup", zh: "网络不支持该业务", en: "the network does not know the service" },
  300: { kind: "busy", zh: "模块故障", en: "the modem failed" },
  301: { kind: "busy", zh: "短信业务被占用", en: "the modem's SMS service is taken" },
  302: { kind: "setup", zh: "模块不允许该操作", en: "the modem does not allow it" },
  303: { kind: "setup", zh: "模块不支持该操作", en: "the modem does not support it" },
  304: { kind: "refused", zh: "模块认为短信格式有误", en: "the modem finds the message malformed" },
  310: { kind: "setup", zh: "未插 SIM 卡", en: "there is no SIM" },
  311: { kind: "setup", zh: "SIM 卡需要 PIN", en: "the SIM wants its PIN" },
  313: { kind: "setup", zh: "SIM 卡故障", en: "the SIM failed" },
  314: { kind: "busy", zh: "SIM 卡忙", en: "the SIM is busy" },
  315: { kind: "setup", zh: "SIM 卡不对", en: "it is a wrong SIM" },
  316: { kind: "setup", zh: "SIM 卡已锁，需要 PUK", en: "the SIM is locked and wants its PUK" },
  320: { kind: "busy", zh: "存储故障", en: "the store failed" },
  322: { kind: "busy", zh: "存储已满", en: "the store is full" },
  330: { kind: "setup", zh: "短信中心号码未设置", en: "the number of the SMS centre is not known" },
  331: { kind: "limit", zh: "没有网络", en: "there is no network" },
  332: { kind: "unclear", zh: "网络超时", en: "the network did not answer" },
  500: { kind: "busy", zh: "模块未知错误", en: "an unknown fault of the modem" },
};

/** Failures of the modem itself, `+CME ERROR`, 3GPP TS 27.007 §9.2. */
export const cmeErrors: Readonly<Record<number, Verdict>> = {
  3: { kind: "setup", zh: "模块不允许该操作", en: "the modem does not allow it" },
  4: { kind: "setup", zh: "模块不支持该操作", en: "the modem does not support it" },
  10: { kind: "setup", zh: "未插 SIM 卡", en: "there is no SIM" },
  11: { kind: "setup", zh: "SIM 卡需要 PIN", en: "the SIM wants its PIN" },
  12: { kind: "setup", zh: "SIM 卡已锁，需要 PUK", en: "the SIM is locked and wants its PUK" },
  13: { kind: "setup", zh: "SIM 卡故障", en: "the SIM failed" },
  14: { kind: "busy", zh: "SIM 卡忙", en: "the SIM is busy" },
  15: { kind: "setup", zh: "SIM 卡不对", en: "it is a wrong SIM" },
  16: { kind: "setup", zh: "PIN 错误", en: "the PIN is wrong" },
  30: { kind: "limit", zh: "没有网络", en: "there is no network" },
  31: { kind: "unclear", zh: "网络超时", en: "the network did not answer" },
  32: { kind: "setup", zh: "网络只允许紧急呼叫", en: "the network allows emergency calls only" },
  100: { kind: "busy", zh: "模块未知错误", en: "an unknown fault of the modem" },
};

/** No network now: the next look is soon. */
const networkAgainMs = minute / 2;

/** What an error of a modem means: its name in the history, and what becomes of the message. */
export const modemVerdict = (error: string): Verdict & { readonly name: string } => {
  const [, list, digits] = /^\+(CM[ES]) ERROR: ?(\d{1,4})$/u.exec(error) ?? [];
  if (list === undefined) return { ...unlisted("busy"), name: error, zh: "模块拒绝", en: "the modem refuses" };
  const code = Number(digits);
  const verdict = (list === "CMS" ? cmsErrors : cmeErrors)[code] ?? unlisted("busy");
  const after = verdict.kind === "limit" ? { retryAfterMs: networkAgainMs } : {};
  return { ...verdict, ...after, name: `${list} ${code}` };
};
