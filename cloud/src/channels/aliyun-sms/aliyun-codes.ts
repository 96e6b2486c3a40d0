import { unlisted, type Verdict } from "../sms/verdict.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

const verdict =
  (kind: Verdict["kind"], retryAfterMs?: number) =>
  (zh: string, en: string): Verdict => ({ kind, zh, en, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
const setup = verdict("setup");
const refused = verdict("refused");
const busy = verdict("busy");
const hourly = verdict("limit", hourMs);

/**
 * Codes that SendSms answers, and what each means for a message: help.aliyun.com/document_detail/101346.html; codes of
 * Aliyun's gateway (signature, time, throttling) from its error centre.
 */
export const aliyunCodes: Readonly<Record<string, Verdict>> = {
  OK: { kind: "accepted", zh: "已提交", en: "accepted" },
  "isv.DAY_LIMIT_CONTROL": hourly("达到账号日发送限额", "the account's limit of a day is reached"),
  "isv.MONTH_LIMIT_CONTROL": hourly("达到账号月发送限额", "the account's limit of a month is reached"),
  "isv.MOBILE_NUMBER_ILLEGAL": refused("手机号格式不对", "the number is not valid"),
  "isv.MOBILE_COUNT_OVER_LIMIT": refused("号码过多", "too many numbers"),
  "isv.BLACK_KEY_CONTROL_LIMIT": refused("变量含黑名单关键字", "a variable has a forbidden word"),
  "isv.PARAM_LENGTH_LIMIT": refused("变量过长", "a variable is too long"),
  "isv.PARAM_NOT_SUPPORT_URL": refused("变量含网址", "a variable holds a link"),
  "isv.TEMPLATE_PARAMS_ILLEGAL": refused("变量内容不合规则", "a variable does not keep to its kind"),
  "isv.TEMPLATE_MISSING_PARAMETERS": refused("模板变量缺失", "a variable of the template is missing"),
  "isv.INVALID_JSON_PARAM": refused("变量不是 JSON", "variables are not JSON"),
  "isv.INVALID_PARAMETERS": refused("参数有误", "a parameter is not valid"),
  "isv.SMS_CONTENT_ILLEGAL": refused("内容被禁止", "the content is forbidden"),
  "isv.SMS_TEMPLATE_ILLEGAL": setup("模板不存在或未审核", "the template is unknown or not approved"),
  "isv.SMS_SIGNATURE_ILLEGAL": setup("签名不存在或未审核", "the signature is unknown or not approved"),
  "isv.SMS_SIGN_ILLEGAL": setup("签名被禁用", "the signature is forbidden"),
  "isv.SIGN_STATE_ILLEGAL": setup("签名不可用", "the signature is not in force"),
  "isv.SMS_SIGNATURE_SCENE_ILLEGAL": setup("签名与模板类型不符", "signature and template are of different kinds"),
  "isv.AMOUNT_NOT_ENOUGH": setup("余额不足", "the balance is too low"),
  "isv.OUT_OF_SERVICE": setup("欠费停机", "the account is suspended, its balance is too low"),
  "isv.PRODUCT_UN_SUBSCRIPT": setup("未开通短信服务", "the SMS service is not activated"),
  "isv.PRODUCT_UNSUBSCRIBE": setup("未开通短信服务", "the SMS service is not activated"),
  "isv.ACCOUNT_NOT_EXISTS": setup("账号不存在", "the account does not exist"),
  "isv.ACCOUNT_ABNORMAL": setup("账号异常", "the account is not in order"),
  "isv.SMS_TEST_NUMBER_LIMIT": setup("测试签名只能发给已绑定号码", "a test signature reaches only bound numbers"),
  "isv.DENY_IP_RANGE": setup("来源 IP 不在中国大陆", "requests from outside mainland China are refused"),
  "isp.RAM_PERMISSION_DENY": setup("RAM 权限不足", "the RAM user has no permission"),
  NoPermission: setup("RAM 权限不足", "the RAM user has no permission"),
  "InvalidAccessKeyId.NotFound": setup("AccessKey 不存在", "the access key is unknown"),
  "InvalidAccessKeyId.Inactive": setup("AccessKey 已停用", "the access key is disabled"),
  SignatureDoesNotMatch: setup("签名不符，密钥有误", "the signature does not match: the secret is wrong"),
  IncompleteSignature: setup("签名不完整", "the signature is not complete"),
  "InvalidTimeStamp.Expired": {
    ...setup("时钟相差超过 15 分钟", "the clock differs by more than 15 minutes"),
    retryAfterMs: minuteMs,
  },
  SignatureNonceUsed: busy("随机数已用过", "the nonce was used before"),
  "isp.SYSTEM_ERROR": busy("阿里云系统错误", "a fault of Aliyun's system"),
  ServiceUnavailable: busy("服务暂不可用", "the service is not available now"),
  InternalError: busy("阿里云内部错误", "a fault inside Aliyun"),
};

const windows: readonly (readonly [RegExp, Verdict])[] = [
  [/分钟|minute/iu, verdict("limit", minuteMs)("该号码每分钟条数已满", "the number's limit of a minute is reached")],
  [/小时|hour/iu, hourly("该号码每小时条数已满", "the number's limit of an hour is reached")],
  [/天|日|day/iu, hourly("该号码 24 小时条数已满", "the number's limit of 24 hours is reached")],
];

/** What an answer of Aliyun means; its `message` says which window of a limit is full. */
export const aliyunVerdict = (code: string, message: string): Verdict => {
  if (code === "isv.BUSINESS_LIMIT_CONTROL") {
    const window = windows.find(([pattern]) => pattern.test(message));
    return window?.[1] ?? verdict("limit", minuteMs)("触发流控", "a limit is reached");
  }
  if (/^Throttling\b/u.test(code)) return verdict("limit", 10_000)("接口限流", "too many requests at once");
  const listed = aliyunCodes[code];
  if (listed !== undefined) return listed;
  return unlisted(code.startsWith("isp.") ? "busy" : "setup");
};

/** Why a message was not delivered, by the code of its receipt: help.aliyun.com/document_detail/101347.html */
const receiptCodes: Readonly<Record<string, string>> = {
  MOBILE_NOT_ON_SERVICE: "停机、空号或关机 / out of service, unassigned or switched off",
  MOBILE_ACCOUNT_ABNORMAL: "用户账户异常 / the subscriber's account is not in order",
  MOBILE_IN_BLACK: "号码在黑名单 / the number is on a blacklist",
  MOBLLE_TERMINAL_ERROR: "手机终端问题 / a fault of the telephone",
  MOBILE_SEND_LIMIT: "运营商限制该号码 / the network limits this number",
  CONTENT_KEYWORD: "内容含关键字被拦截 / stopped for a word",
  CONTENT_ERROR: "内容被拦截 / stopped for its content",
  INVALID_NUMBER: "号码无效 / the number is not valid",
  SIGNATURE_BLACKLIST: "签名在黑名单 / the signature is on a blacklist",
  USER_REJECT: "用户拒收 / the subscriber refuses messages",
};

/** The outcome of a receipt in words. */
export const receiptOutcome = (code: string, delivered: boolean): string => {
  const words = delivered ? "已送达 / delivered" : (receiptCodes[code] ?? "未送达 / not delivered");
  return code === "" ? words : `${code.slice(0, 80)}：${words}`;
};
