import { formatEnrolmentCode } from "@mingcheng/protocols";
import { loadCloudConfig } from "../config/cloud-config.ts";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import { loadEndpoints } from "../enrol/endpoints.ts";
import { loadAuthorityPem } from "../keys/centre-keys.ts";
import { certificateFingerprint } from "../keys/certificates.ts";
import type { IssuedCode } from "../register/gateway-register.ts";
import type { DataOptions } from "./data-options.ts";
import { inLanguage } from "./language.ts";

/** Writes enrolment codes for people, or one JSON object per line. */
export type CodePrinter = (codes: readonly (IssuedCode & { readonly gw: string })[]) => void;

/**
 * Looks up what codes say about this centre, before any is made. `next`: what to do at the gateway, in both languages.
 * @throws {MingchengError} CONFIG_INVALID, KEY_INVALID
 */
export const codePrinter = async (
  options: DataOptions & { readonly json?: boolean },
  say: (text: string) => void,
  next: { readonly zh: string; readonly en: string },
): Promise<CodePrinter> => {
  const config = await loadCloudConfig(options.config);
  const caSha256 = certificateFingerprint(await loadAuthorityPem(options.data, config.centreName, Date.now()));
  const { https } = await loadEndpoints(options.data, config);
  return (codes) => {
    for (const { gw, secret, expiresAt } of codes) {
      const code = formatEnrolmentCode(nodeCrypto.sha256, { v: 1, ...https, caSha256, gw, secret });
      if (options.json === true) say(JSON.stringify({ gateway: gw, code, expiresAt }));
      else {
        const head = inLanguage(
          `网关 ${gw} 的登记码，只能用一次，有效期至 ${expiresAt}：`,
          `Enrolment code of gateway ${gw}, valid once, until ${expiresAt}:`,
        );
        say(`${head}\n\n${code}\n`);
      }
    }
    if (options.json !== true) say(inLanguage(next.zh, next.en));
  };
};
