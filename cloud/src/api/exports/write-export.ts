import { join } from "node:path";
import { exportEvidence } from "../../evidence/export-evidence.ts";
import type { Chosen } from "../../evidence/export-request.ts";
import { parseWithholdRule, type WithholdRule } from "../../evidence/withhold-rule.ts";
import { loadSigners } from "../../keys/centre-keys.ts";
import { PlaceFinder } from "../../register/attribution/place-finder.ts";
import { gatewayWithKeys } from "../../register/key-history.ts";
import { software } from "../../software.ts";
import { openForReading } from "../../store/database.ts";
import { ledgerPath } from "../../store/store-paths.ts";
import { Cover } from "../../users/cover.ts";
import type { ExportDone, ExportJob } from "./export-messages.ts";

const coverOf = ({ scope }: ExportJob): Cover => (scope === null ? Cover.everything : Cover.bounded(scope));

/** What the manifest says was asked for, where it is not one site. */
const scopeName = ({ scope }: ExportJob): string =>
  [...(scope?.areas ?? []), ...(scope?.sites ?? [])].join(" ").slice(0, 64);

const chosenOf = (job: ExportJob, cover: Cover, places: PlaceFinder): Chosen | null => {
  const { gateway, devices = null, site } = job.asked;
  if (cover.whole && site === undefined) return devices === null ? null : { devices, site: null };
  const code = site ?? scopeName(job);
  const fits = (dev: string, atMs: number): boolean =>
    places.sees(cover, gateway, dev, atMs) &&
    (site === undefined || places.attribution(gateway, dev, atMs).site === site);
  return { devices, site: { code, siteOf: (dev, atMs) => (fits(dev, atMs) ? code : null) } };
};

/**
 * What is given by its digest alone: for who sees a part, everything else; what the gateway says of itself, too, unless it
 * stood within that part all the time.
 */
const withheldFrom = (job: ExportJob, cover: Cover, places: PlaceFinder): WithholdRule[] => {
  if (cover.whole) return [];
  const { gateway, from, to } = job.asked;
  const [fromMs, toMs] = [from === undefined ? 0 : Date.parse(from), to === undefined ? job.nowMs : Date.parse(to)];
  const own = places.stretches(gateway, gateway, fromMs, toMs + 60_000);
  const showsOwn = own.every(({ attribution }) => cover.covers(attribution));
  return ["others", ...(showsOwn ? [] : [`device=${gateway}`])].map(parseWithholdRule);
};

/**
 * Writes the evidence that somebody may see of a gateway: the rest is in it by digest, so that the chain verifies.
 * @throws {MingchengError} GATEWAY_UNKNOWN; the system's error when the file cannot be written
 */
export const writeExport = async (job: ExportJob): Promise<ExportDone> => {
  const { dataDirectory, asked, out, nowMs } = job;
  const { manifest } = await loadSigners(dataDirectory);
  const register = openForReading(join(dataDirectory, "register.db"));
  const ledger = openForReading(ledgerPath(dataDirectory));
  try {
    const places = new PlaceFinder({ database: () => register, version: () => 0 });
    const cover = coverOf(job);
    const gateway = gatewayWithKeys(register, dataDirectory, asked.gateway);
    const request = {
      ...{ gateway, out, software, from: asked.from ?? null, to: asked.to ?? null },
      revokedFrom: (kid: string) => gateway.keys.find((key) => key.kid === kid)?.revokedFrom ?? null,
      ...{ chosen: chosenOf(job, cover, places), withhold: withheldFrom(job, cover, places) },
    };
    const asOf = new Date(nowMs).toISOString();
    const { records, withheld } = await exportEvidence(ledger, manifest, request, { asOf });
    return { ok: true, records, withheld };
  } finally {
    ledger.close();
    register.close();
  }
};
