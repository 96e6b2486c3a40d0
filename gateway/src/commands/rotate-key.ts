import type { Language } from "../config/config-issue.ts";
import { issueText, readGatewayConfig } from "../config/load-config.ts";
import { rotateKey } from "../identity/rotate-key.ts";
import type { WriteLine } from "./check.ts";

/**
 * Gives this gateway a new sealing key and says so. Returns the exit code: 0, or 1 when the configuration is not valid.
 * @throws {MingchengError} see {@link rotateKey}
 */
export const runRotateKey = async (
  config: string,
  language: Language,
  { writeLine, writeError }: { readonly writeLine: WriteLine; readonly writeError: WriteLine },
): Promise<number> => {
  const read = await readGatewayConfig(config);
  if ("issues" in read) {
    for (const issue of read.issues) writeError(issueText(config, issue, language));
    return 1;
  }
  const { gw, from, to } = await rotateKey(read.config.data, Date.now());
  writeLine(
    language === "zh"
      ? `网关 ${gw}：密钥 ${from} 已授权新密钥 ${to}。运行中的网关数秒内自动换用，否则下次启动时换用；旧密钥封签的记录仍然有效`
      : `Gateway ${gw}: key ${from} has handed over to ${to}. A running gateway takes it over within seconds, any other at its next start; what the old key sealed stays valid`,
  );
  return 0;
};
