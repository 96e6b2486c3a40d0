import { stat } from "node:fs/promises";
import { join } from "node:path";
import { toHex } from "@mingcheng/protocols";
import type { CentreAccess } from "../uplink/uplink.ts";
import { type Enrolment, readEnrolment } from "./enrolment-file.ts";
import type { GatewayIdentity } from "./identity.ts";
import { type AuthoritiesOwner, TrustedAuthorities } from "./trusted-authorities.ts";

/** How the running gateway reaches its centre, and learns of changes to that. */
export interface OpenAccess {
  /** As things stand: an enrolment that was renewed beside the running gateway counts at once. Never rejects. */
  current(): Promise<CentreAccess>;
  readonly authorities: TrustedAuthorities;
}

const versionOf = async (path: string): Promise<string> => {
  try {
    const { ino, size, mtimeMs } = await stat(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return "none";
  }
};

/**
 * Opens it over the directory of keys. `enrol` with a new code renews the credential while the gateway runs: the file is
 * read again when it has changed. It counts only for this gateway and this centre; anything else needs a restart.
 */
export const openAccess = async (
  identity: GatewayIdentity,
  owner: Pick<AuthoritiesOwner, "directory" | "log">,
): Promise<OpenAccess> => {
  const { directory, log } = owner;
  const path = join(directory, "enrolment.json");
  const authorities = await TrustedAuthorities.open({ ...owner, gw: identity.gw, receiptKey: identity.receiptKey });
  const isOurs = ({ gw, receiptKey }: Enrolment): boolean =>
    gw === identity.gw && receiptKey === toHex(identity.receiptKey);
  let seen = await versionOf(path);
  let { mqtt, credential, caPem, enrolledAt: at } = identity;
  return {
    authorities,
    current: async () => {
      const version = await versionOf(path);
      if (version !== seen) {
        seen = version;
        try {
          const renewed = await readEnrolment(directory);
          if (renewed !== undefined && isOurs(renewed)) {
            ({ mqtt, credential, caPem, at } = renewed);
            log.info({}, "identity: the enrolment was renewed");
          } else log.error({}, "identity: another enrolment is here; restart the gateway to use it");
        } catch (error) {
          log.error({ error: String(error) }, "identity: the enrolment cannot be read; the one before goes on");
        }
      }
      return { mqtt, credential, authorities: authorities.list({ caPem, at }) };
    },
  };
};
