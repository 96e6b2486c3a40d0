import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { at, shanghai, testedRegister } from "../../../test/tested-register.ts";
import { AttributionIndex } from "../attribution/attribution-index.ts";
import { exportFile, exportRows } from "../import/export-file.ts";
import { importFiles } from "../import/import-files.ts";
import { registerKinds } from "../model/kinds.ts";
import { generated, sampleFolder } from "./generate.ts";

const folder = fileURLToPath(new URL(`../../../../${sampleFolder}`, import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "mingcheng-sample-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const loaded = async () => {
  const { database } = testedRegister();
  const files = registerKinds.map((kind) => ({ kind, path: join(folder, `${kind.kind}.csv`) }));
  const report = await importFiles(database, shanghai, { files, by: "test", note: "", atMs: 1, dryRun: false });
  return { database, report };
};

describe("the sample city", () => {
  it("is what its generator writes", () => {
    const files = generated();
    expect(readdirSync(folder).sort()).toEqual(files.map(({ path }) => basename(path)).sort());
    for (const { path, text } of files) expect(readFileSync(join(folder, basename(path)), "utf8"), path).toBe(text);
  });

  it("is imported whole and exported again byte for byte", async () => {
    const { database, report } = await loaded();
    expect(report.findings).toEqual([]);
    for (const kind of registerKinds) {
      const path = join(scratch, `${kind.kind}.csv`);
      await exportFile(exportRows(database, shanghai, kind, { at: null }), path, { byteOrderMark: false });
      expect(readFileSync(path, "utf8"), kind.kind).toBe(readFileSync(join(folder, `${kind.kind}.csv`), "utf8"));
    }
  });

  it("has one city, 2 districts, 3 markets, 2 canteens and 360 scales, each attributed at every time", async () => {
    const { database } = await loaded();
    const count = (sql: string): unknown => database.prepare(sql).pluck().get();
    expect(count("SELECT count(*) FROM area WHERE level = 'city'")).toBe(1);
    expect(count("SELECT count(*) FROM area WHERE level = 'district'")).toBe(2);
    expect(count("SELECT count(*) FROM site WHERE type = 'market'")).toBe(3);
    expect(count("SELECT count(*) FROM site WHERE type = 'canteen'")).toBe(2);
    const scales = database.prepare("SELECT gw, dev FROM device WHERE class = 'scale'").all() as {
      gw: string;
      dev: string;
    }[];
    expect(scales).toHaveLength(360);
    const index = new AttributionIndex(database);
    for (const local of ["2025-06-01", "2026-03-01 12:00", "2026-05-12 12:29", "2026-11-24"]) {
      const places = scales.map(({ gw, dev }) => index.attribute(gw, dev, at(local)));
      expect(new Set(places.map(({ stall }) => stall)).size).toBe(360);
      for (const place of places)
        expect([place.vendor === null, place.site === null, place.areas.length]).toEqual([false, false, 4]);
    }
    const swapped = (local: string) => index.attribute("market-ningbao", "scale-e23", at(local)).stall;
    expect([swapped("2026-05-12 12:29"), swapped("2026-05-12 12:30")]).toEqual(["ningbao-e23", "ningbao-e24"]);
  });
});
