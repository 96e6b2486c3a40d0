import { readConfiguration } from "@mingcheng/protocols/commands";
import type { GatewayConfig } from "../config/parse-config.ts";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import { loadIdentity } from "../identity/identity.ts";
import { type KeptConfiguration, loadKeptConfiguration, saveKeptConfiguration } from "./configuration-file.ts";
import { configurationPath } from "./configuration-path.ts";
import { mergeSettings } from "./merge-settings.ts";

/** What the gateway's own file says. */
export interface LocalConfiguration {
  readonly config: GatewayConfig;
  readonly written: unknown;
}

/** What the gateway starts with; `version` 0: its own file alone. */
export interface StartConfiguration {
  readonly config: GatewayConfig;
  readonly version: number;
}

/** A trial that a start finds was never confirmed: it is over, and will be told of. */
const withoutTrial = (kept: KeptConfiguration): KeptConfiguration => {
  const { trial } = kept;
  if (trial === null) return kept;
  const { version, sha256 } = trial;
  const reason = "the gateway was restarted before it was confirmed";
  return { ...kept, trial: null, last: { version, sha256, outcome: "rolled-back", reason, told: false } };
};

/**
 * The configuration to start with: the gateway's own file, with the last confirmed document in the places it names. A
 * document that does not verify or does not fit any more is left out and told of; it is kept.
 * @throws {MingchengError} NOT_ENROLLED, IDENTITY_DAMAGED, KEY_INVALID
 */
export const startConfiguration = async (local: LocalConfiguration): Promise<StartConfiguration> => {
  const own = { config: local.config, version: 0 };
  const { data, commands } = local.config;
  const path = configurationPath(data);
  const found = await loadKeptConfiguration(path);
  if (found === undefined) return own;
  const kept = withoutTrial(found);
  if (kept !== found) await saveKeptConfiguration(path, kept).catch(() => undefined);
  const { confirmed } = kept;
  if (confirmed === null || commands.refuse.includes("configuration")) return own;
  const { gw, commandKey } = await loadIdentity(data);
  const read = readConfiguration(nodeCrypto, gw, commandKey, confirmed.document);
  const merged = "fault" in read ? read : mergeSettings({ ...local, data }, read.configuration.settings);
  if ("config" in merged) return { config: merged.config, version: confirmed.version };
  const { version, sha256 } = confirmed;
  const reason = `not applied at this start: ${merged.fault}`;
  // Known already: nothing is written at every start.
  if (kept.last?.reason === reason) return own;
  const last = { version, sha256, outcome: "refused", reason, told: false } as const;
  await saveKeptConfiguration(path, { ...kept, last }).catch(() => undefined);
  return own;
};
