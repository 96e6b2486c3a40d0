import { randomBytes, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { stringify } from "yaml";
import { type ApprovedTemplate, aliyunTemplates, approvedSignature, tencentTemplates } from "./approved-templates.ts";
import type { ProviderKeys } from "./http-providers.ts";
import { tencentAppId } from "./tencent-endpoint.ts";

const aliyunId = "LTAISimulator0000000001";
const tencentId = "AKIDSimulator0000000000000000000001";

const names = {
  aliyun: "aliyun-secret",
  tencent: "tencent-key",
  wecom: "wecom-key",
  control: "control-token",
} as const;

const kept = (dir: string, name: string, fresh: () => string): string => {
  const path = join(dir, name);
  if (!existsSync(path)) writeFileSync(path, `${fresh()}\n`, { mode: 0o600 });
  return readFileSync(path, "utf8").trim();
};

/** The keys of the simulated accounts: made on first use, then read again. */
export const accountKeys = (dir: string): ProviderKeys => {
  mkdirSync(dir, { recursive: true });
  const random = (): string => randomBytes(24).toString("base64url");
  return {
    aliyun: { id: aliyunId, secret: kept(dir, names.aliyun, random) },
    tencent: { id: tencentId, secret: kept(dir, names.tencent, random) },
    wecom: kept(dir, names.wecom, randomUUID),
    control: kept(dir, names.control, random),
  };
};

const byMessage = <Entry>(templates: readonly ApprovedTemplate[], entry: (template: ApprovedTemplate) => Entry) =>
  Object.fromEntries(templates.map((template) => [template.message, entry(template)]));

/** Settings of the three channels for the centre's configuration, with the approved texts of the simulated accounts. */
export const channelsFor = (dir: string, url: string): readonly Readonly<Record<string, unknown>>[] => {
  const file = (name: string): string => resolve(dir, name);
  return [
    {
      ...{ type: "aliyun-sms", name: "aliyun", accessKeyId: aliyunId, accessKeySecretFile: file(names.aliyun) },
      ...{ signName: approvedSignature, endpoint: url },
      templates: byMessage(aliyunTemplates, ({ code, text }) => ({ code, text })),
    },
    {
      ...{ type: "tencent-sms", name: "tencent", secretId: tencentId, secretKeyFile: file(names.tencent) },
      ...{ appId: tencentAppId, signName: approvedSignature, variableChars: 12, replies: true, endpoint: url },
      templates: byMessage(tencentTemplates, ({ code, text, variables }) => ({ id: code, text, variables })),
    },
    { type: "wecom", name: "wecom", keyFile: file(names.wecom), endpoint: url },
  ];
};

/** Writes those settings as `channels.yaml`, ready to be pasted. Returns the path. */
export const writeChannels = (dir: string, url: string): string => {
  const path = resolve(dir, "channels.yaml");
  writeFileSync(path, stringify({ channels: channelsFor(dir, url) }, { lineWidth: 0 }));
  return path;
};
