import type { ConfigurationSettings } from "@mingcheng/protocols/commands";
import { fieldOf } from "../config/config-issue.ts";
import { checkGatewayConfig, type GatewayConfig } from "../config/parse-config.ts";

const shownFindings = 5;

/**
 * The gateway's own file with the settings from afar in the places they name, checked as a whole; or what is wrong, in
 * English. `data` stays what it is: the file may name it relative to where the program was started.
 */
export const mergeSettings = (
  local: { readonly written: unknown; readonly data: string },
  { devices, log, marketScreen }: ConfigurationSettings,
): { readonly config: GatewayConfig } | { readonly fault: string } => {
  const written = (local.written ?? {}) as Readonly<Record<string, unknown>>;
  const own = written["marketScreen"] as Readonly<Record<string, unknown>> | null | undefined;
  if (marketScreen !== undefined && (own === undefined || own === null)) {
    return { fault: "marketScreen: this gateway's own file has no market screen" };
  }
  const merged = {
    ...{ ...written, ...(devices === undefined ? {} : { devices }), ...(log === undefined ? {} : { log }) },
    ...(marketScreen === undefined ? {} : { marketScreen: { ...own, ...marketScreen } }),
  };
  const checked = checkGatewayConfig(merged);
  if ("config" in checked) return { config: { ...checked.config, data: local.data } };
  const shown = checked.findings.slice(0, shownFindings).map(({ path, en }) => `${fieldOf(path)}: ${en}`);
  const more = checked.findings.length - shown.length;
  return { fault: shown.join("; ") + (more > 0 ? `; and ${more} more` : "") };
};
