import { MingchengError } from "@mingcheng/protocols";
import type { Language } from "../config/config-issue.ts";
import { issueText, readGatewayConfig } from "../config/load-config.ts";
import { isLoopback } from "../config/web-config.ts";
import { certificateOf, fingerprintOf } from "../web/certificate-file.ts";
import { SetupCode } from "../web/setup-code.ts";
import type { WriteLine } from "./check.ts";

/** Options of `mingcheng-gateway setup-code`. */
export interface SetupCodeOptions {
  readonly config: string;
  readonly json?: boolean | undefined;
}

/**
 * Makes a code that opens the set-up page, once, in place of the one before; a running gateway takes it at once. With TLS
 * the certificate's fingerprint stands beside it. Returns the exit code.
 * @throws {MingchengError} CONFIG_INVALID, also when no `web` is configured; the system's error
 */
export const runSetupCode = async (
  { config: path, json }: SetupCodeOptions,
  language: Language,
  writeLine: WriteLine,
): Promise<number> => {
  const read = await readGatewayConfig(path);
  if ("issues" in read) {
    for (const issue of read.issues) writeLine(issueText(path, issue, language));
    return 1;
  }
  const { web, data } = read.config;
  if (web === undefined) throw new MingchengError("CONFIG_INVALID", `${path}: no set-up page`, { field: "web" });
  const code = await new SetupCode(data, Date.now).make();
  const secure = !isLoopback(web.host);
  const fingerprint = secure ? fingerprintOf((await certificateOf(data, web.names, Date.now())).certPem) : null;
  const url = `${secure ? "https" : "http"}://${web.host.includes(":") ? `[${web.host}]` : web.host}:${web.port}`;
  if (json === true) {
    writeLine(JSON.stringify({ v: 1, code, url, fingerprint }));
    return 0;
  }
  const pick = (zh: string, en: string): string => (language === "zh" ? zh : en);
  writeLine(`${pick("设置码", "set-up code")}: ${code}`);
  writeLine(`${pick("地址", "address")}: ${url}`);
  if (fingerprint !== null) {
    writeLine(`${pick("证书指纹（SHA-256）", "certificate fingerprint (SHA-256)")}: ${fingerprint}`);
    writeLine(
      pick(
        "浏览器会提示证书不受信任：核对上面的指纹一致后再继续。",
        "The browser will say that it does not trust the certificate: go on only if it shows this fingerprint.",
      ),
    );
  }
  writeLine(pick("只能使用一次，24 小时内有效。", "Valid once, for 24 hours."));
  return 0;
};
