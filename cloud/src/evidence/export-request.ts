import type { RegisteredGateway, RegisteredKey } from "../register/gateway-register.ts";
import type { RecordFacts } from "./record-facts.ts";
import { type WithholdRule, withholds } from "./withhold-rule.ts";

/** Only records of some devices, or of one site, are asked for; what lies between them in the chain comes along. */
export interface Chosen {
  readonly devices: readonly string[] | null;
  /** A code of the register, and what the register says where a device stood then (milliseconds since 1970). */
  readonly site: { readonly code: string; siteOf(dev: string, atMs: number): string | null } | null;
}

/** What to export. Times bound the centre's time of receipt, ISO 8601; null: no bound. */
export interface ExportRequest {
  readonly gateway: RegisteredGateway;
  /** Where a key of the gateway was revoked; null when it was not. */
  readonly revokedFrom: (kid: string) => RegisteredKey["revokedFrom"];
  readonly from: string | null;
  readonly to: string | null;
  /** Null: every record. */
  readonly chosen: Chosen | null;
  /** What is given by its digest alone. */
  readonly withhold: readonly WithholdRule[];
  /** Where the file goes. */
  readonly out: string;
  readonly software: string;
}

/** Whether a record is one of those asked for, by device and site. */
export const isChosen = (chosen: Chosen | null, { dev, atMs }: RecordFacts): boolean => {
  if (chosen === null) return true;
  const { devices, site } = chosen;
  if (devices !== null && !devices.includes(dev)) return false;
  return site === null || site.siteOf(dev, atMs) === site.code;
};

/** The rules by which a record is given by its digest alone; none: it is shown. */
export const withholding = ({ chosen, withhold }: ExportRequest, facts: RecordFacts): readonly WithholdRule[] =>
  withhold.filter((rule) => withholds(rule, facts, isChosen(chosen, facts)));

/** What the manifest says of it. */
export const askedOf = ({ from, to, chosen, withhold }: ExportRequest) => ({
  from,
  to,
  ...(chosen?.devices ? { devices: [...chosen.devices] } : {}),
  ...(chosen?.site ? { site: chosen.site.code } : {}),
  ...(withhold.length > 0 ? { withhold: withhold.map(({ text }) => text) } : {}),
});
