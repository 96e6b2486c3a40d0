import { toHex } from "@mingcheng/protocols";
import { gatewayOf, offeredKeys } from "../evidence/offered-keys.ts";
import type { DataOptions } from "./data-options.ts";
import { inLanguage } from "./language.ts";

/** What `keys --gateway <id> [--json]` is asked. */
export interface PublicKeysOptions extends DataOptions {
  readonly gateway?: string;
  readonly json?: boolean;
}

/**
 * Prints public keys for those who verify: as JSON what `verify --keys` reads, else every key that the gateway ever had,
 * oldest first.
 * @throws {MingchengError} GATEWAY_UNKNOWN
 */
export const printPublicKeys = async (options: PublicKeysOptions, say: (text: string) => void): Promise<void> => {
  const { gateway: gw } = options;
  const offered = await offeredKeys(options.data, gw);
  if (options.json === true) {
    say(JSON.stringify(offered));
    return;
  }
  say(`${"manifest".padEnd(16)} ${offered.centre}`);
  for (const { kid, publicKey, since, revokedFrom } of gw === undefined ? [] : gatewayOf(options.data, gw).keys) {
    const end = revokedFrom === null ? "" : `${revokedFrom.ep}.${revokedFrom.eid.slice(0, 12)}.${revokedFrom.seq}`;
    const revoked = end === "" ? "" : inLanguage(`，自 ${end} 起吊销`, `, revoked from ${end} on`);
    say(`${kid} ${toHex(publicKey)}  ${inLanguage(`自 ${since}`, `since ${since}`)}${revoked}`);
  }
};
