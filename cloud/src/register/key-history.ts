import { existsSync } from "node:fs";
import { KeyStore } from "../ledger/key-store.ts";
import { openForReading, type SqliteDatabase } from "../store/database.ts";
import { ledgerPath } from "../store/store-paths.ts";
import { GatewayDecisions } from "./gateway-decisions.ts";
import { GatewayRegister, type RegisteredGateway, type RegisteredKey } from "./gateway-register.ts";

/** Every sealing key a gateway ever had, oldest first: by enrolment, and by rotation as its key log says. */
export const keyHistory = (
  { gw, keys }: RegisteredGateway,
  revokedFrom: (kid: string) => RegisteredKey["revokedFrom"],
  rotated: Pick<KeyStore, "all">,
): readonly RegisteredKey[] => {
  const known = new Set(keys.map(({ kid }) => kid));
  const added = rotated.all(gw).flatMap(({ kid, publicKey, receivedMs }) => {
    if (known.has(kid)) return [];
    return [{ kid, publicKey, since: new Date(receivedMs).toISOString(), revokedFrom: revokedFrom(kid) }];
  });
  return [...keys, ...added].sort((a, b) => Date.parse(a.since) - Date.parse(b.since));
};

/**
 * Gateways with all their keys, from the register and the ledger of a data directory; of the ledger nothing when there
 * is none yet.
 */
export const withKeyHistory = (
  register: SqliteDatabase,
  dataDirectory: string,
  gateways: readonly RegisteredGateway[],
): RegisteredGateway[] => {
  const path = ledgerPath(dataDirectory);
  if (!existsSync(path)) return [...gateways];
  const ledger = openForReading(path);
  try {
    // A ledger of an earlier version, which no centre has opened since, has no key logs.
    if (ledger.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'key_log'").get() === undefined) return [...gateways];
    const [decisions, rotated] = [new GatewayDecisions(register), new KeyStore(ledger)];
    return gateways.map((gateway) => {
      const keys = keyHistory(gateway, (kid) => decisions.revokedFrom(gateway.gw, kid), rotated);
      return { ...gateway, keys };
    });
  } finally {
    ledger.close();
  }
};

/** One gateway with all its keys. @throws {MingchengError} GATEWAY_UNKNOWN */
export const gatewayWithKeys = (register: SqliteDatabase, dataDirectory: string, gw: string): RegisteredGateway => {
  const gateway = new GatewayRegister(register).gateway(gw);
  return withKeyHistory(register, dataDirectory, [gateway])[0] ?? gateway;
};
