import { randomUUID } from "node:crypto";
import { acs3Fault, queryParameters } from "./acs3-check.ts";
import { aliyunTemplates, approvedSignature } from "./approved-templates.ts";
import type { AccountKey, ProviderAnswer, ProviderRequest } from "./provider-request.ts";
import type { AcceptedMessage, ProviderState } from "./provider-state.ts";
import { codeOwner } from "./told-code.ts";
import { type VariableFault, variableFault } from "./variable-rules.ts";

const mostVariableChars = 35;
const mostClockDifferenceMs = 15 * 60_000;

/** What the gateway in front of the service says: HTTP 4xx with a code. */
const gatewayFault = (status: number, code: string): ProviderAnswer => ({
  status,
  content: { RequestId: randomUUID().toUpperCase(), HostId: "dysmsapi.aliyuncs.com", Code: code, Message: code },
});

/** What the service says: HTTP 200 with a code. */
const said = (code: string, message: string, rest: Readonly<Record<string, unknown>> = {}): ProviderAnswer => ({
  status: 200,
  content: { RequestId: randomUUID().toUpperCase(), Code: code, Message: message, ...rest },
});

const faultCodes: Readonly<Record<VariableFault, string>> = {
  empty: "isv.TEMPLATE_PARAMS_ILLEGAL",
  "too-long": "isv.PARAM_LENGTH_LIMIT",
  link: "isv.PARAM_NOT_SUPPORT_URL",
  telephone: "isv.TEMPLATE_PARAMS_ILLEGAL",
  character: "isv.SMS_CONTENT_ILLEGAL",
};

const variablesIn = (json: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
};

type Rendered = { readonly text: string } | { readonly fault: string };

const render = (template: string, json: string): Rendered => {
  const values = variablesIn(json);
  if (values === undefined) return { fault: "isv.INVALID_JSON_PARAM" };
  let fault: string | undefined;
  const text = template.replace(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (typeof value !== "string") {
      fault ??= "isv.TEMPLATE_MISSING_PARAMETERS";
      return "";
    }
    const wrong = variableFault(value, mostVariableChars);
    if (wrong !== undefined) fault ??= faultCodes[wrong];
    return value;
  });
  return fault === undefined ? { text } : { fault };
};

const sendSms = (state: ProviderState, parameters: ReadonlyMap<string, string>): ProviderAnswer => {
  const phone = parameters.get("PhoneNumbers") ?? "";
  if (!/^1[3-9]\d{9}$/.test(phone)) return said("isv.MOBILE_NUMBER_ILLEGAL", "手机号码格式错误");
  if (parameters.get("SignName") !== approvedSignature)
    return said("isv.SMS_SIGNATURE_ILLEGAL", "该账号下找不到对应签名");
  const code = parameters.get("TemplateCode") ?? "";
  const template = aliyunTemplates.find((one) => one.code === code);
  if (template === undefined) return said("isv.SMS_TEMPLATE_ILLEGAL", "该账号下找不到对应模板");
  const rendered = render(template.text, parameters.get("TemplateParam") ?? "");
  if ("fault" in rendered) return said(rendered.fault, "模板变量不符合规范");
  const full = state.counter.take(`aliyun/${phone}/${code}`, state.limits.aliyun, state.nowMs());
  if (full !== undefined) {
    const window = full.windowMs <= 60_000 ? "分钟" : full.windowMs <= 3_600_000 ? "小时" : "天";
    return said("isv.BUSINESS_LIMIT_CONTROL", `触发${window}级流控Permits:${full.most}`);
  }
  const message = state.accept({
    ...{ provider: "aliyun", phone, template: code, reference: parameters.get("OutId") ?? "" },
    text: `【${approvedSignature}】${rendered.text}`,
  });
  return said("OK", "OK", { BizId: message.id });
};

const beijing = (ms: number): string => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");

const detailOf = (state: ProviderState, message: AcceptedMessage): Readonly<Record<string, unknown>> => {
  const known = message.receipt !== "none" && message.receiptAtMs <= state.nowMs();
  const delivered = message.receipt === "delivered";
  return {
    ...{ PhoneNum: message.phone, TemplateCode: message.template, Content: message.text, OutId: message.reference },
    SendDate: beijing(message.atMs),
    SendStatus: known ? (delivered ? 3 : 2) : 1,
    ...(known
      ? { ErrCode: delivered ? "DELIVERED" : "MOBILE_NOT_ON_SERVICE", ReceiveDate: beijing(message.receiptAtMs) }
      : {}),
  };
};

const querySendDetails = (state: ProviderState, parameters: ReadonlyMap<string, string>): ProviderAnswer => {
  const day = parameters.get("SendDate") ?? "";
  const pageSize = Number(parameters.get("PageSize"));
  const page = Number(parameters.get("CurrentPage"));
  if (!/^\d{8}$/.test(day) || !(pageSize >= 1 && pageSize <= 50) || !(page >= 1)) {
    return said("isv.INVALID_PARAMETERS", "参数异常");
  }
  const bizId = parameters.get("BizId");
  const found = state.messages.filter(
    (message) =>
      message.provider === "aliyun" &&
      message.phone === parameters.get("PhoneNumber") &&
      beijing(message.atMs).slice(0, 10).replaceAll("-", "") === day &&
      (bizId === undefined || message.id === bizId),
  );
  // Like the real answer, this has no BizId: who asks without one tells messages apart by OutId.
  const shown = found.slice((page - 1) * pageSize, page * pageSize).map((message) => detailOf(state, message));
  return said("OK", "OK", { TotalCount: String(found.length), SmsSendDetailDTOs: { SmsSendDetailDTO: shown } });
};

/** Answers as Aliyun's SMS service (dysmsapi 2017-05-25) does, SendSms and QuerySendDetails, signature ACS3-HMAC-SHA256. */
export const answerAsAliyun = async (
  state: ProviderState,
  account: AccountKey,
  request: ProviderRequest,
): Promise<ProviderAnswer> => {
  const date = Date.parse(request.headers.get("x-acs-date") ?? "");
  if (!(Math.abs(state.nowMs() - date) <= mostClockDifferenceMs)) return gatewayFault(400, "InvalidTimeStamp.Expired");
  const fault = await acs3Fault(request, account);
  if (fault !== undefined) return gatewayFault(fault.startsWith("InvalidAccessKeyId") ? 404 : 400, fault);
  if (!state.freshNonce(request.headers.get("x-acs-signature-nonce") ?? ""))
    return gatewayFault(400, "SignatureNonceUsed");
  if (request.headers.get("x-acs-version") !== "2017-05-25") return gatewayFault(400, "InvalidVersion");
  const parameters = queryParameters(request.query);
  const action = request.headers.get("x-acs-action");
  if (action === "QuerySendDetails") return querySendDetails(state, parameters);
  if (action !== "SendSms") return gatewayFault(404, "InvalidAction.NotFound");
  const { answer } = state.behaviour;
  if (codeOwner(answer) !== "aliyun") return sendSms(state, parameters);
  return /^is[pv]\./.test(answer) ? said(answer, answer) : gatewayFault(400, answer);
};
