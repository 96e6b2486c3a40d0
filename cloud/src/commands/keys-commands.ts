import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { toHex } from "@mingcheng/protocols";
import type { Command } from "commander";
import { terminalActor, withAudit } from "../audit/open-audit.ts";
import { loadCloudConfig } from "../config/cloud-config.ts";
import { introduceAuthority, loadAuthorities, switchAuthority } from "../keys/authorities.ts";
import { loadSigners } from "../keys/centre-keys.ts";
import { warnBeforeMs } from "../keys/certificate-keeper.ts";
import { certificateFingerprint } from "../keys/certificates.ts";
import { keysDirectory, readIfThere } from "../keys/key-files.ts";
import { type DataOptions, withPresentData } from "./data-options.ts";
import { inLanguage } from "./language.ts";
import { type PublicKeysOptions, printPublicKeys } from "./public-keys.ts";

type Say = (text: string) => void;

const dayMs = 24 * 3_600_000;

const certificateLine = (name: string, pem: string, nowMs: number): string => {
  const { validFrom, validTo } = new X509Certificate(pem);
  const leftMs = Date.parse(validTo) - nowMs;
  const days = Math.floor(leftMs / dayMs);
  const state =
    leftMs <= 0
      ? inLanguage("已过期", "EXPIRED")
      : leftMs < warnBeforeMs
        ? inLanguage(`仅剩 ${days} 天`, `ends in ${days} days`)
        : inLanguage(`剩 ${days} 天`, `${days} days left`);
  const from = new Date(validFrom).toISOString().slice(0, 10);
  const to = new Date(validTo).toISOString().slice(0, 10);
  return `${name.padEnd(16)} ${from}  ${to}  ${state}  sha256:${certificateFingerprint(pem).slice(0, 16)}…`;
};

const list = async (options: DataOptions, say: Say): Promise<void> => {
  const { centreName } = await loadCloudConfig(options.config);
  const directory = keysDirectory(options.data);
  const nowMs = Date.now();
  const signers = await loadSigners(options.data);
  for (const name of ["receipt", "command", "manifest"] as const) {
    say(
      `${name.padEnd(16)} kid ${signers[name].kid}  ${toHex(signers[name].publicKey)}  ${inLanguage("无期限", "does not expire")}`,
    );
  }
  const { active, next } = await loadAuthorities(directory, centreName, nowMs);
  say(certificateLine("authority", active.certPem, nowMs));
  if (next !== null) say(certificateLine("authority-next", next.certPem, nowMs));
  const server = await readIfThere(join(directory, "server.pem"));
  if (server !== undefined) say(certificateLine("server", server, nowMs));
};

const change = async (
  options: DataOptions,
  act: typeof introduceAuthority,
  detail: "introduced" | "switched",
): Promise<void> => {
  const { centreName } = await loadCloudConfig(options.config);
  await act(keysDirectory(options.data), centreName, Date.now());
  await withAudit(options.data, (audit) =>
    audit.append({ actor: terminalActor(), action: "keys.changed", subject: "authority", detail: { change: detail } }),
  );
};

/** `keys`: what the centre signs and serves with, until when; and the change of its authority. */
export const addKeysCommands = (program: Command, say: Say): void => {
  const keys = withPresentData(program.command("keys")).description(
    "查看密钥和证书及其到期日，更换签发机构 / keys and certificates with their ends; change the authority",
  );
  keys
    .option("--gateway <id>", "该网关的公钥，供核验者另行保存 / public keys of a gateway, for those who verify")
    .option("--json", "以 JSON 输出，供 verify --keys 使用 / print JSON for verify --keys")
    .action((options: PublicKeysOptions) =>
      options.gateway === undefined && options.json !== true ? list(options, say) : printPublicKeys(options, say),
    );
  withPresentData(keys.command("next-authority"))
    .description(
      "生成下一个签发机构，并告知所有连接的网关 / make the next authority and tell every gateway that connects",
    )
    .action(async (_options: DataOptions, command: Command) => {
      await change(command.optsWithGlobals(), introduceAuthority, "introduced");
      say(
        inLanguage(
          "已生成。请等所有网关都连接过一次，再执行 keys switch-authority。请重新备份密钥（backup --keys）。",
          "Made. Let every gateway connect once, then run keys switch-authority. Take a new backup with --keys.",
        ),
      );
    });
  withPresentData(keys.command("switch-authority"))
    .description("改由下一个签发机构签发服务器证书 / let the next authority issue the server's certificate from now on")
    .action(async (_options: DataOptions, command: Command) => {
      await change(command.optsWithGlobals(), switchAuthority, "switched");
      say(
        inLanguage(
          "已更换，运行中的中心一分钟内生效。此前未连接过的网关须重新登记。请重新备份密钥（backup --keys）。",
          "Changed; a running centre takes it over within a minute. Gateways that have not connected since it was made must be enrolled again. Take a new backup with --keys.",
        ),
      );
    });
};
