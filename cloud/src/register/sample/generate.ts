import { stringify } from "csv-stringify/sync";
import { registerKinds } from "../model/kinds.ts";
import { headerOf } from "../model/register-kind.ts";
import {
  sampleAbsences,
  sampleCalendars,
  sampleDuties,
  sampleHolidays,
  sampleHours,
  sampleOfficers,
} from "./sample-duty.ts";
import { sampleItemCodes, sampleItems, sampleUnits } from "./sample-items.ts";
import { sampleGeometries } from "./sample-map.ts";
import { sampleAreas, sampleSites } from "./sample-places.ts";
import type { SampleRows } from "./sample-rows.ts";
import {
  sampleDevices,
  samplePlacements,
  sampleReagents,
  sampleStalls,
  sampleTenancies,
  sampleVendors,
  sampleVerifications,
} from "./sample-trade.ts";

/** Folder of the sample city, in the repository. */
export const sampleFolder = "cloud/register-samples/lujiang";

const rowsOf: Readonly<Record<string, () => SampleRows>> = {
  ...{ calendars: sampleCalendars, hours: sampleHours, holidays: sampleHolidays, areas: sampleAreas },
  sites: () =>
    sampleSites.map(({ code, name, nameEn, type, area, calendar, address }) => [
      ...[code, name, nameEn, type, area, calendar, address, "", ""],
    ]),
  ...{
    stalls: sampleStalls,
    geometries: sampleGeometries,
    vendors: sampleVendors,
    tenancies: sampleTenancies,
    units: sampleUnits,
  },
  ...{ items: sampleItems, "item-codes": sampleItemCodes, devices: sampleDevices, placements: samplePlacements },
  ...{ verifications: sampleVerifications, reagents: sampleReagents },
  ...{ officers: sampleOfficers, duties: sampleDuties, absences: sampleAbsences },
};

/** The sample city as files that `import all` takes and `register export all` writes again, byte for byte. */
export const generated = (): { path: string; text: string }[] =>
  registerKinds.map((kind) => {
    const header = headerOf(kind);
    const places = [...kind.key, "from"].map((name) => header.indexOf(name));
    const sortKey = (row: readonly string[]): string => places.map((at) => row[at] ?? "").join("\u0000");
    const byKey = (a: readonly string[], b: readonly string[]): number =>
      Buffer.compare(Buffer.from(sortKey(a)), Buffer.from(sortKey(b)));
    const rows = [...(rowsOf[kind.kind]?.() ?? [])].sort(byKey);
    return { path: `${sampleFolder}/${kind.kind}.csv`, text: stringify([header, ...rows], { record_delimiter: "\n" }) };
  });
