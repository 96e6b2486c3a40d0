import { unlisted, type Verdict, type VerdictKind } from "../sms/verdict.ts";

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

const verdict =
  (kind: VerdictKind, retryAfterMs?: number) =>
  (zh: string, en: string): Verdict => ({ kind, zh, en, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
const setup = verdict("setup");
const refused = verdict("refused");
const busy = verdict("busy");
const unclear = verdict("unclear");
const hourly = verdict("limit", hourMs);

/**
 * Codes of SendSms, of a whole request and of one number, and what each means for a message:
 * cloud.tencent.com/document/product/382/59177 and the common codes of Tencent Cloud's API.
 */
export const tencentCodes: Readonly<Record<string, Verdict>> = {
  Ok: { kind: "accepted", zh: "已提交", en: "accepted" },
  "LimitExceeded.PhoneNumberThirtySecondLimit": verdict("limit", 30 * secondMs)(
    "该号码 30 秒内条数已满",
    "the number's limit of 30 seconds is reached",
  ),
  "LimitExceeded.PhoneNumberOneHourLimit": hourly("该号码每小时条数已满", "the number's limit of an hour is reached"),
  "LimitExceeded.PhoneNumberDailyLimit": hourly("该号码每日条数已满", "the number's limit of a day is reached"),
  "LimitExceeded.PhoneNumberSameContentDailyLimit": hourly(
    "该号码相同内容每日条数已满",
    "the number's limit of equal messages is reached",
  ),
  "LimitExceeded.AppDailyLimit": hourly("应用每日条数已满", "the application's limit of a day is reached"),
  "LimitExceeded.DeliveryFrequencyLimit": verdict("limit", minuteMs)("触发频率限制", "a limit of frequency is reached"),
  "InvalidParameterValue.IncorrectPhoneNumber": refused("手机号格式不对", "the number is not valid"),
  "FailedOperation.PhoneNumberInBlacklist": refused("号码在黑名单", "the number is on a blacklist"),
  "UnsupportedOperation.UnsuportedRegion": refused("不支持该地区", "the region is not served"),
  "FailedOperation.ContainSensitiveWord": refused("内容含敏感词", "the content has a forbidden word"),
  "InvalidParameter.DirtyWordFound": refused("内容含敏感词", "the content has a forbidden word"),
  "InvalidParameterValue.ContentLengthLimit": refused("短信过长", "the message is too long"),
  "InvalidParameterValue.TemplateParameterLengthLimit": refused(
    "变量过长，请调小 variableChars",
    "a variable is too long: lower variableChars",
  ),
  "InvalidParameterValue.TemplateParameterFormatError": refused("变量格式不对", "a variable does not keep to its kind"),
  "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter": refused("变量含网址", "a variable holds a link"),
  "FailedOperation.TemplateIncorrectOrUnapproved": setup(
    "模板未审核或内容不符",
    "the template is not approved or differs",
  ),
  "FailedOperation.SignatureIncorrectOrUnapproved": setup("签名未审核或格式不对", "the signature is not approved"),
  "FailedOperation.MissingSignature": setup("没有签名", "there is no signature"),
  "FailedOperation.MissingTemplateList": setup("没有模板", "there is no template"),
  "FailedOperation.MissingSignatureList": setup("没有签名", "there is no signature"),
  "FailedOperation.InsufficientBalanceInSmsPackage": setup("套餐包余量不足", "the package is used up"),
  "UnauthorizedOperation.SerivceSuspendDueToArrears": setup(
    "欠费停机",
    "the account is suspended, its balance is too low",
  ),
  "UnauthorizedOperation.SmsSdkAppIdVerifyFail": setup(
    "应用与密钥不属同一账号",
    "application and key are of different accounts",
  ),
  "UnauthorizedOperation.SdkAppIdIsDisabled": setup("应用已停用", "the application is disabled"),
  "UnauthorizedOperation.RequestIpNotInWhitelist": setup(
    "来源 IP 不在白名单",
    "this machine's address is not on the whitelist",
  ),
  "UnauthorizedOperation.RequestPermissionDeny": setup("没有权限", "there is no permission"),
  "InvalidParameterValue.SdkAppIdNotExist": setup("SdkAppId 不存在", "the application is unknown"),
  "AuthFailure.SecretIdNotFound": setup("SecretId 不存在", "the secret id is unknown"),
  "AuthFailure.SignatureFailure": setup("签名不符，密钥有误", "the signature does not match: the key is wrong"),
  "AuthFailure.UnauthorizedOperation": setup("子用户没有权限", "the sub-user has no permission"),
  "AuthFailure.SignatureExpire": {
    ...setup("时钟相差超过 5 分钟", "the clock differs by more than 5 minutes"),
    retryAfterMs: minuteMs,
  },
  "InternalError.RequestTimeException": {
    ...setup("时钟相差超过 10 分钟", "the clock differs by more than 10 minutes"),
    retryAfterMs: minuteMs,
  },
  "InternalError.Timeout": unclear("下发超时", "handing over timed out"),
  "InternalError.SendAndRecvFail": unclear("收发超时", "no answer inside the service"),
  ResourceUnavailable: busy("资源不可用", "a resource is not available"),
};

const families: readonly (readonly [string, Verdict])[] = [
  ["LimitExceeded", verdict("limit", minuteMs)("触发限制", "a limit is reached")],
  ["RequestLimitExceeded", verdict("limit", 10 * secondMs)("接口限流", "too many requests at once")],
  ["InternalError", busy("腾讯云内部错误", "a fault inside Tencent Cloud")],
  ["AuthFailure", setup("认证失败", "authentication failed")],
  ["UnauthorizedOperation", setup("没有权限", "there is no permission")],
  ["InvalidParameterValue", refused("参数有误", "a parameter is not valid")],
  ["InvalidParameter", refused("参数有误", "a parameter is not valid")],
  ["MissingParameter", refused("缺少参数", "a parameter is missing")],
];

/** What a code of Tencent means. */
export const tencentVerdict = (code: string): Verdict => {
  const listed = tencentCodes[code];
  if (listed !== undefined) return listed;
  const family = families.find(([name]) => code === name || code.startsWith(`${name}.`));
  return family?.[1] ?? unlisted("setup");
};
