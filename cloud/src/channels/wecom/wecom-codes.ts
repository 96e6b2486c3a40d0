import { unlisted, type Verdict } from "../sms/verdict.ts";

const minuteMs = 60_000;

/** Codes of a group robot and what each means for a message: developer.work.weixin.qq.com/document/path/90313 */
export const wecomCodes: Readonly<Record<number, Verdict>> = {
  0: { kind: "accepted", zh: "已发送", en: "sent" },
  [-1]: { kind: "busy", zh: "企业微信系统繁忙", en: "the service is busy" },
  45009: { kind: "limit", zh: "超过每分钟 20 条", en: "more than 20 messages in a minute", retryAfterMs: minuteMs },
  45033: { kind: "limit", zh: "并发过多", en: "too many requests at once", retryAfterMs: 10_000 },
  93000: {
    kind: "setup",
    zh: "机器人地址无效，key 有误或机器人已删除",
    en: "the robot's key is wrong or it was removed",
  },
  93004: { kind: "setup", zh: "机器人已停用", en: "the robot is disabled" },
  93008: { kind: "setup", zh: "机器人不在群中", en: "the robot is not in the group" },
  40008: { kind: "refused", zh: "消息类型不对", en: "the kind of message is not valid" },
  40058: { kind: "refused", zh: "参数不合规则", en: "a parameter is not valid" },
  44004: { kind: "refused", zh: "内容为空", en: "the content is empty" },
  45002: { kind: "refused", zh: "内容过长", en: "the content is too long" },
};

/** What a code of a group robot means. */
export const wecomVerdict = (errcode: number): Verdict => wecomCodes[errcode] ?? unlisted("setup");
