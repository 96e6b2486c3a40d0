import { MingchengError } from "@mingcheng/protocols";
import { devices, placements, reagents, verifications } from "./device-kinds.ts";
import { absences, calendars, duties, holidays, hours, officers } from "./duty-kinds.ts";
import { areas, geometries, sites, stalls } from "./place-kinds.ts";
import type { RegisterKind } from "./register-kind.ts";
import { itemCodes, items, tenancies, units, vendors } from "./trade-kinds.ts";

/** Every kind of entry, in an order in which files can be imported one after the other. */
export const registerKinds: readonly RegisterKind[] = [
  ...[calendars, hours, holidays],
  ...[areas, sites, stalls, geometries, vendors, tenancies],
  ...[units, items, itemCodes],
  ...[devices, placements, verifications, reagents],
  ...[officers, duties, absences],
];

/** Finds a kind by its name. @throws {MingchengError} INPUT_INVALID, field `kind` */
export const kindNamed = (name: string): RegisterKind => {
  const found = registerKinds.find(({ kind }) => kind === name);
  if (found !== undefined) return found;
  const known = registerKinds.map(({ kind }) => kind).join(", ");
  throw new MingchengError("INPUT_INVALID", `${name}: one of ${known}`, { field: "kind" });
};
