import { randomUUID } from "node:crypto";
import { approvedSignature, tencentTemplates } from "./approved-templates.ts";
import type { AccountKey, ProviderAnswer, ProviderRequest } from "./provider-request.ts";
import type { ProviderState } from "./provider-state.ts";
import { tc3Fault } from "./tc3-check.ts";
import { codeOwner } from "./told-code.ts";
import { type VariableFault, variableFault } from "./variable-rules.ts";

/** Parameters of each action in version 2021-01-11; others are not recognized. */
const known: Readonly<Record<string, readonly string[]>> = {
  SendSms: [
    ...["PhoneNumberSet", "SmsSdkAppId", "TemplateId", "SignName", "TemplateParamSet"],
    ...["ExtendCode", "SessionContext", "SenderId"],
  ],
  PullSmsSendStatusByPhoneNumber: ["BeginTime", "Offset", "Limit", "PhoneNumber", "SmsSdkAppId", "EndTime"],
  PullSmsReplyStatus: ["Limit", "SmsSdkAppId"],
};
const mostPulledBackMs = 7 * 24 * 3_600_000;

/** Characters that a variable of a notice may have for this account. */
const mostVariableChars = 12;
const sameContentMs = 30_000;

/** The application of the simulated account. */
export const tencentAppId = "1400006666";

/** Always HTTP 200; what went wrong stands inside. */
const response = (content: Readonly<Record<string, unknown>>): ProviderAnswer => ({
  status: 200,
  content: { Response: { ...content, RequestId: randomUUID() } },
});
const refused = (code: string, message = code): ProviderAnswer => response({ Error: { Code: code, Message: message } });

const faultCodes: Readonly<Record<VariableFault, string>> = {
  empty: "FailedOperation.TemplateIncorrectOrUnapproved",
  "too-long": "InvalidParameterValue.TemplateParameterLengthLimit",
  link: "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter",
  telephone: "FailedOperation.ContainSensitiveWord",
  character: "FailedOperation.TemplateIncorrectOrUnapproved",
};

type Parameters = Readonly<Record<string, unknown>>;

const parametersIn = (body: string): Parameters | undefined => {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Parameters) : undefined;
  } catch {
    return undefined;
  }
};

const textsIn = (value: unknown): readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === "string") ? (value as string[]) : [];

const textIn = (value: unknown): string => (typeof value === "string" ? value : "");

const textFor = (code: string, values: readonly string[]): { readonly text: string } | { readonly fault: string } => {
  const template = tencentTemplates.find((one) => one.code === code);
  if (template === undefined || template.variables.length !== values.length) {
    return { fault: "FailedOperation.TemplateIncorrectOrUnapproved" };
  }
  for (const value of values) {
    const wrong = variableFault(value, mostVariableChars);
    if (wrong !== undefined) return { fault: faultCodes[wrong] };
  }
  return { text: template.text.replace(/\{(\d+)\}/g, (_, number: string) => values[Number(number) - 1] ?? "") };
};

/** What becomes of one number: a code, and with `Ok` a serial number. */
const sendOne = (state: ProviderState, number: string, parameters: Parameters): { code: string; serialNo: string } => {
  const answer = (code: string, serialNo = "") => ({ code, serialNo });
  const phone = /^(?:\+86)?(1[3-9]\d{9})$/.exec(number)?.[1];
  if (phone === undefined) return answer("InvalidParameterValue.IncorrectPhoneNumber");
  if (parameters["SignName"] !== approvedSignature) return answer("FailedOperation.SignatureIncorrectOrUnapproved");
  const code = textIn(parameters["TemplateId"]);
  const made = textFor(code, textsIn(parameters["TemplateParamSet"]));
  if ("fault" in made) return answer(made.fault);
  const nowMs = state.nowMs();
  const same = [{ windowMs: sameContentMs, most: 1 }];
  const full = state.counter.take(`tencent/${phone}`, state.limits.tencent, nowMs);
  if (full !== undefined) {
    if (full.windowMs <= 30_000) return answer("LimitExceeded.PhoneNumberThirtySecondLimit");
    return answer(`LimitExceeded.PhoneNumber${full.windowMs <= 3_600_000 ? "OneHour" : "Daily"}Limit`);
  }
  if (state.counter.take(`tencent/${phone}/${made.text}`, same, nowMs) !== undefined) {
    return answer("LimitExceeded.PhoneNumberThirtySecondLimit");
  }
  const message = state.accept({
    ...{ provider: "tencent", phone, template: code, reference: textIn(parameters["SessionContext"]) },
    text: `【${approvedSignature}】${made.text}`,
  });
  return answer("Ok", message.id);
};

const sendSms = (state: ProviderState, parameters: Parameters): ProviderAnswer => {
  const numbers = textsIn(parameters["PhoneNumberSet"]);
  if (numbers.length === 0) return refused("MissingParameter.EmptyPhoneNumberSet");
  if (numbers.length > 200) return refused("LimitExceeded.PhoneNumberCountLimit");
  const statuses = numbers.map((number) => {
    const { code, serialNo } = sendOne(state, number, parameters);
    const context = textIn(parameters["SessionContext"]);
    return {
      ...{ SerialNo: serialNo, PhoneNumber: number, Fee: code === "Ok" ? 1 : 0, SessionContext: context },
      ...{ Code: code, Message: code === "Ok" ? "send success" : code, IsoCode: "CN" },
    };
  });
  return response({ SendStatusSet: statuses });
};

const pullSendStatus = (state: ProviderState, parameters: Parameters): ProviderAnswer => {
  const limit = Number(parameters["Limit"]);
  if (!(limit >= 1 && limit <= 100)) return refused("InvalidParameterValue.LimitVerifyFail");
  const since = parameters["BeginTime"];
  if (typeof since !== "number") return refused("MissingParameter");
  if (since * 1_000 < state.nowMs() - mostPulledBackMs) return refused("InvalidParameterValue.BeginTimeVerifyFail");
  const found = state.messages.filter(
    ({ provider, phone, atMs, receipt, receiptAtMs }) =>
      provider === "tencent" &&
      `+86${phone}` === parameters["PhoneNumber"] &&
      atMs >= since * 1_000 &&
      receipt !== "none" &&
      receiptAtMs <= state.nowMs(),
  );
  return response({
    PullSmsSendStatusSet: found.slice(0, limit).map(({ id, phone, receipt, receiptAtMs }) => ({
      ...{ CountryCode: "86", SubscriberNumber: phone, PhoneNumber: `+86${phone}`, SerialNo: id, SessionContext: null },
      UserReceiveTime: Math.floor(receiptAtMs / 1_000),
      ReportStatus: receipt === "delivered" ? "SUCCESS" : "FAIL",
      Description: receipt === "delivered" ? "DELIVRD" : "UNDELIV",
    })),
  });
};

/** Hands out each reply once, as the real queue does. */
const pullReplies = (state: ProviderState, parameters: Parameters): ProviderAnswer => {
  const limit = Number(parameters["Limit"]);
  if (!(limit >= 1 && limit <= 100)) return refused("InvalidParameterValue.LimitVerifyFail");
  const replies = state.replies.splice(0, limit).map(({ phone, text, atMs }) => ({
    ...{ ExtendCode: "", CountryCode: "86", PhoneNumber: `+86${phone}`, SubscriberNumber: phone },
    ...{ SignName: approvedSignature, ReplyContent: text, ReplyTime: Math.floor(atMs / 1_000) },
  }));
  return response({ PullSmsReplyStatusSet: replies });
};

/** Answers as Tencent Cloud's SMS service (2021-01-11) does, signature TC3-HMAC-SHA256. */
export const answerAsTencent = async (
  state: ProviderState,
  account: AccountKey,
  request: ProviderRequest,
): Promise<ProviderAnswer> => {
  const fault = await tc3Fault(request, account, state.nowMs());
  if (fault !== undefined) return refused(fault);
  if (request.headers.get("x-tc-version") !== "2021-01-11") return refused("InvalidParameterValue");
  const parameters = parametersIn(request.body);
  if (parameters === undefined) return refused("FailedOperation.JsonParseFail");
  if (parameters["SmsSdkAppId"] !== tencentAppId) return refused("UnauthorizedOperation.SmsSdkAppIdVerifyFail");
  const action = request.headers.get("x-tc-action") ?? "";
  const foreign = Object.keys(parameters).find((name) => known[action]?.includes(name) === false);
  const isEmpty = action === "SendSms" && textsIn(parameters["PhoneNumberSet"]).length === 0;
  if (foreign !== undefined && !isEmpty) {
    return refused("UnknownParameter", `The parameter \`${foreign}\` is not recognized.`);
  }
  if (action === "PullSmsSendStatusByPhoneNumber") return pullSendStatus(state, parameters);
  if (action === "PullSmsReplyStatus") return pullReplies(state, parameters);
  if (action !== "SendSms") return refused("InvalidAction");
  const { answer } = state.behaviour;
  return codeOwner(answer) === "tencent" ? refused(answer) : sendSms(state, parameters);
};
