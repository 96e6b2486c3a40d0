import { readFile, stat } from "node:fs/promises";
import { MingchengError } from "@mingcheng/protocols";
import { shapedPlaces } from "../model/place-kinds.ts";
import type { FileRow } from "./read-csv.ts";

const maxFileMiB = 16;

/** Whether a file is a map by its name. */
export const isGeoJson = (path: string): boolean => /\.(geo)?json$/i.test(path);

const refuse = (path: string, reason: string): never => {
  throw new MingchengError("INPUT_INVALID", `${path}: ${reason}`, { field: "file" });
};

interface Feature {
  readonly properties?: Readonly<Record<string, unknown>> | null;
  readonly geometry?: { readonly type?: unknown; readonly coordinates?: unknown } | null;
}

/** What a feature is the shape of: `{"site": "songbai"}`. */
const cellsOf = ({ properties, geometry }: Feature): string[] => {
  const place = shapedPlaces.find((name) => typeof properties?.[name] === "string");
  const { type, coordinates } = geometry ?? {};
  return [place ?? "", place === undefined ? "" : String(properties?.[place]), JSON.stringify({ type, coordinates })];
};

/**
 * Reads a map (GeoJSON, RFC 7946: a collection of features, each with the code of its area, site or stall among its
 * properties) as rows of geometries. Features are counted from 1, behind the header.
 * @throws {MingchengError} INPUT_INVALID when it is no such file, or too large
 */
export async function* readGeoJson(path: string): AsyncGenerator<FileRow> {
  if ((await stat(path)).size > maxFileMiB * 1024 * 1024) refuse(path, `larger than ${maxFileMiB} MiB`);
  let read: { readonly type?: unknown; readonly features?: unknown };
  try {
    read = (JSON.parse(await readFile(path, "utf8")) ?? {}) as typeof read;
  } catch {
    return refuse(path, "not JSON (不是 JSON)");
  }
  const { type, features } = read;
  if (type !== "FeatureCollection" || !Array.isArray(features)) {
    return refuse(path, "a GeoJSON FeatureCollection is expected (须为 GeoJSON FeatureCollection)");
  }
  yield { number: 1, cells: ["place", "code", "shape"] };
  for (const [index, feature] of features.entries()) {
    yield { number: index + 2, cells: cellsOf((feature ?? {}) as Feature) };
  }
}
