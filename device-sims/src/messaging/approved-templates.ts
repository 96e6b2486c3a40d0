/** A text that a provider has approved for this account. */
export interface ApprovedTemplate {
  /** Template code at Aliyun, template id at Tencent. */
  readonly code: string;
  /** Which of the centre's messages it is meant for. */
  readonly message: string;
  /** As approved, with the provider's placeholders. */
  readonly text: string;
  /** Names of the variables in their order. */
  readonly variables: readonly string[];
}

const texts: readonly (readonly [message: string, text: string])[] = [
  ["alert", "{level}预警：{site}发生{subject}，{time}。回复{code}签收"],
  ["group", "{level}预警：{site}等{count}条，{time}起，请登录查看"],
  ["escalated", "{level}预警升级：{tier}未按时限处置，{site}发生{subject}。回复{code}签收"],
  ["resolved", "预警解除：{site}的{subject}，{time}"],
  ["digest", "{date}日报：提示{count}条，静默设备{silent}台"],
  ["reply", "预警{code}：{outcome}"],
];

const namesIn = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");

/** What the simulated Aliyun account has approved. */
export const aliyunTemplates: readonly ApprovedTemplate[] = texts.map(([message, text], index) => ({
  code: `SMS_${300_000_001 + index}`,
  message,
  text: text.replaceAll("{", "${"),
  variables: namesIn(text),
}));

/** What the simulated Tencent account has approved. */
export const tencentTemplates: readonly ApprovedTemplate[] = texts.map(([message, text], index) => {
  let number = 0;
  return {
    code: `${2_000_001 + index}`,
    message,
    text: text.replace(/\{\w+\}/g, () => `{${++number}}`),
    variables: namesIn(text),
  };
});

/** The approved signature of both accounts. */
export const approvedSignature = "明秤监管";
