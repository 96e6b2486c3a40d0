import { MingchengError, toHex } from "@mingcheng/protocols";
import { loadSigners } from "../keys/centre-keys.ts";
import type { RegisteredGateway } from "../register/gateway-register.ts";
import { gatewayWithKeys } from "../register/key-history.ts";
import { openRegister } from "../register/register-database.ts";

/** A gateway of a data directory with every key it ever had. @throws {MingchengError} GATEWAY_UNKNOWN */
export const gatewayOf = (dataDirectory: string, gw: string): RegisteredGateway => {
  const database = openRegister(dataDirectory);
  try {
    return gatewayWithKeys(database, dataDirectory, gw);
  } finally {
    database.close();
  }
};

/** Public keys to pin, as they are written and pasted: hexadecimal. `gateway` is its newest. */
export interface OfferedKeys {
  readonly gateway?: string;
  readonly centre: string;
}

/** Keys to pin for files of one gateway; without one, the centre's alone. @throws {MingchengError} GATEWAY_UNKNOWN */
export const offeredKeys = async (dataDirectory: string, gw: string | undefined): Promise<OfferedKeys> => {
  const { manifest } = await loadSigners(dataDirectory);
  const centre = toHex(manifest.publicKey);
  if (gw === undefined) return { centre };
  const newest = gatewayOf(dataDirectory, gw).keys.at(-1);
  if (newest === undefined)
    throw new MingchengError("GATEWAY_UNKNOWN", `${gw}: it has no key yet`, { field: "gateway" });
  return { gateway: toHex(newest.publicKey), centre };
};
