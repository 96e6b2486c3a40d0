import { stringify } from "yaml";
import { z } from "zod";
import { cloudConfigSchema } from "./cloud-config.ts";

interface Option {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Option>>;
}

const comment = (text: string, indent: string): string =>
  text
    .split(/(?<=。|；) | \/ /)
    .map((part) => `${indent}# ${part}\n`)
    .join("");

const write = (options: Readonly<Record<string, Option>>, indent: string): string => {
  let text = "";
  for (const [name, option] of Object.entries(options)) {
    text += option.description === undefined ? "" : comment(option.description, indent);
    if (option.properties !== undefined) {
      text += `${indent}${name}:\n${write(option.properties, `${indent}  `)}`;
    } else if (option.default === undefined) text += `${indent}# ${name}: centre.example.org\n`;
    else {
      const value = stringify({ [name]: option.default })
        .trimEnd()
        .replaceAll("\n", `\n${indent}`);
      text += `${indent}${value}\n`;
    }
    if (indent === "") text += "\n";
  }
  return text;
};

const webhook = `# 渠道 webhook 的完整写法 / a webhook channel in full:
# channels:
#   - type: console
#   - type: webhook
#     name: duty-room
#     url: https://duty.example.org/hooks/mingcheng
#     secretFile: /etc/mingcheng/webhook-secret   # 签名密钥文件，权限 0600 / file with the signing secret, mode 0600
`;

/** The commented example of the centre's configuration, made from its schema. */
export const generated = (): { path: string; text: string }[] => {
  const schema = z.toJSONSchema(cloudConfigSchema, { io: "input" }) as { properties: Record<string, Option> };
  const head = `# mingcheng-cloud：所有选项均可省略，此处为默认值。
# mingcheng-cloud: every option may be left out; these are the defaults.
# 检查 / check: mingcheng-cloud check --config cloud.yaml

`;
  return [{ path: "docs/examples/cloud.yaml", text: `${head}${write(schema.properties, "")}${webhook}` }];
};
