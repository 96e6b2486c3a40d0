import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { at, type ShortEntry, shanghai, smallCity, testedRegister } from "../../../test/tested-register.ts";
import { workbook } from "../../../test/workbook.ts";
import { kindNamed } from "../model/kinds.ts";
import { exportFile, exportRows } from "./export-file.ts";
import { type ImportOptions, importFiles } from "./import-files.ts";

const scratch = mkdtempSync(join(tmpdir(), "mingcheng-import-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Two-byte GB18030 of every character that has one, from the decoder's table. */
const gb18030 = (() => {
  const decoder = new TextDecoder("gb18030");
  const table = new Map<string, readonly number[]>();
  for (let lead = 0x81; lead <= 0xfe; lead++) {
    for (let trail = 0x40; trail <= 0xfe; trail++) {
      const character = decoder.decode(Uint8Array.of(lead, trail));
      if (character.length === 1 && character !== "\uFFFD") table.set(character, [lead, trail]);
    }
  }
  return (text: string): Uint8Array =>
    Uint8Array.from(Array.from(text).flatMap((character) => table.get(character) ?? [character.charCodeAt(0)]));
})();

let files = 0;
const fileWith = (content: string | Uint8Array, ending = "csv"): string => {
  const path = join(scratch, `${++files}.${ending}`);
  writeFileSync(path, content);
  return path;
};

const city = () => {
  const register = testedRegister();
  register.put(...smallCity);
  const load = (
    kind: string,
    content: string | Uint8Array,
    more: Partial<ImportOptions> & { ending?: string } = {},
  ) => {
    const { ending, ...options } = more;
    return importFiles(register.database, shanghai, {
      ...{ files: [{ kind: kindNamed(kind), path: fileWith(content, ending) }], by: "root", note: "", atMs: 1 },
      ...{ dryRun: false, ...options },
    });
  };
  const names = (): unknown[] =>
    register.database.prepare("SELECT name FROM vendor WHERE until_change IS NULL ORDER BY code").pluck().all();
  return { ...register, load, names };
};

const vendors = "code,name,licence,from,to\nv3,韭菜西施,,2026-01-01,\nv4,老王活禽,91350200MA2XN0,,2026-07-01 12:30\n";

describe("an import", () => {
  it("reads UTF-8 with and without byte order mark, GB18030, CRLF and Chinese titles alike", async () => {
    const chinese = vendors.replace("code,name,licence,from,to", "编号,名称,统一社会信用代码,生效时间,失效时间");
    const variants: readonly (readonly [string | Uint8Array, string])[] = [
      [vendors, "utf-8"],
      [`\uFEFF${vendors}`, "utf-8"],
      [gb18030(vendors), "gb18030"],
      [gb18030(chinese), "gb18030"],
      [chinese.replaceAll("\n", "\r\n"), "utf-8"],
    ];
    for (const [content, encoding] of variants) {
      const { load, names, database } = city();
      const report = await load("vendors", content);
      expect(report).toMatchObject({ findings: [], rows: 2, encodings: { vendors: encoding } });
      expect(names()).toEqual(["陈记蔬菜", "林记水产", "韭菜西施", "老王活禽"]);
      const validity = database.prepare("SELECT valid_from, valid_to FROM vendor WHERE code = 'v4'").get();
      expect(validity).toEqual({ valid_from: 0, valid_to: at("2026-07-01 12:30") });
    }
  });

  it("does not take damaged UTF-8 for GB18030, nor one for the other when told", async () => {
    const { load, names } = city();
    const damaged = Buffer.concat([
      Buffer.from(vendors),
      Buffer.from("v5,海"),
      Buffer.from([0xe9, 0xb2]),
      Buffer.from("\n"),
    ]);
    await expect(load("vendors", damaged)).rejects.toMatchObject({
      code: "INPUT_INVALID",
      message: expect.stringContaining("line 4 is no utf-8 text"),
    });
    await expect(load("vendors", gb18030(vendors), { encoding: "utf-8" })).rejects.toMatchObject({
      code: "INPUT_INVALID",
    });
    await expect(load("vendors", Buffer.from(vendors, "utf16le"), {})).resolves.toMatchObject({ change: null });
    const marked = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(vendors, "utf16le")]);
    await expect(load("vendors", marked)).rejects.toMatchObject({ message: expect.stringContaining("UTF-16") });
    const compound = Buffer.from("d0cf11e0a1b11ae1", "hex");
    for (const ending of ["csv", "xls", "xlsx"]) {
      await expect(load("vendors", compound, { ending })).rejects.toMatchObject({
        message: expect.stringContaining(".xls)"),
      });
    }
    const zip = workbook([["code", "name"]]);
    await expect(load("vendors", zip, { ending: "csv" })).rejects.toMatchObject({
      message: expect.stringContaining(".xlsx"),
    });
    await expect(load("vendors", 'code,name\nv5,"open\n')).rejects.toMatchObject({ code: "INPUT_INVALID" });
    expect(names()).toHaveLength(2);
  });

  it("reads Excel workbooks: texts, whole numbers as codes, dates as local times", async () => {
    const { load, database } = city();
    const rows = [
      ["编号", "名称", "生效时间", "失效时间"],
      [1001, "数字编号", { serial: 46350.520833333336 }, null],
      [null, null, null, null],
      ["v9", "<b>粗</b> & 体", "2026-01-01 08:15", ""],
    ] as const;
    const report = await load("vendors", workbook(rows), { ending: "xlsx" });
    expect(report).toMatchObject({ findings: [], rows: 2, encodings: { vendors: "xlsx" } });
    const read = database.prepare(
      "SELECT code, name, valid_from FROM vendor WHERE code IN ('1001', 'v9') ORDER BY code",
    );
    expect(read.all()).toEqual([
      { code: "1001", name: "数字编号", valid_from: at("2026-11-24 12:30") },
      { code: "v9", name: "<b>粗</b> & 体", valid_from: at("2026-01-01 08:15") },
    ]);
    await expect(load("vendors", "no workbook", { ending: "xlsx" })).rejects.toMatchObject({ code: "INPUT_INVALID" });
  });

  it("says of every row what is wrong, counting as a spreadsheet does, and applies nothing", async () => {
    const { load, names } = city();
    const content = 'code,name,from,to\nv3,good,,\n\nv4,"two\nlines",,\nv5,,2026-02-30,\nv6,x,,,more\n';
    const { findings, findingsTotal, change } = await load("vendors", content);
    expect(findings.map(({ row, column, code }) => [row, column, code])).toEqual([
      [4, "name", "invalid"],
      [5, "name", "empty"],
      [5, "from", "invalid"],
      [6, null, "too-many-values"],
    ]);
    expect(findings[2]).toMatchObject({
      zh: expect.stringContaining("精确到分"),
      en: expect.stringContaining("2026-02-30"),
    });
    expect([findingsTotal, change]).toEqual([4, null]);
    expect(names()).toHaveLength(2);
  });

  it("names a header that is wrong instead of every row", async () => {
    const { load } = city();
    const { findings } = await load("vendors", "code,nmae,code\nv3,a,b\nv4,a,b\n");
    expect(findings.map(({ column, code }) => [column, code])).toEqual([
      ["nmae", "unknown-column"],
      ["code", "column-twice"],
      ["name", "column-missing"],
    ]);
    expect((await load("vendors", "")).findings).toMatchObject([{ code: "no-header" }]);
  });

  it("refuses duplicate keys and overlapping validity within the file, by row", async () => {
    const { load, database } = city();
    const twice = "stall,vendor,from,to\nsongbai-a02,v1,2026-01-01,\nsongbai-a02,v2,2026-01-01,\n";
    expect((await load("tenancies", twice)).findings).toMatchObject([
      { row: 3, code: "twice", zh: expect.stringContaining("第 2 行") },
    ]);
    const overlap = "stall,vendor,from,to\nsongbai-a02,v1,2026-01-01,2026-06-01 00:01\nsongbai-a02,v2,2026-06-01,\n";
    expect((await load("tenancies", overlap)).findings).toMatchObject([
      { row: 3, code: "overlap", en: expect.stringMatching(/row 2, .*row 3,/) },
    ]);
    const fine = overlap.replace("00:01", "00:00");
    expect((await load("tenancies", fine)).counts["tenancies"]).toMatchObject({ added: 2 });
    expect(database.prepare("SELECT source FROM register_change WHERE id = 2").pluck().get()).toMatch(
      /sha256:[0-9a-f]{64}/,
    );
  });

  it("reports in one go what is wrong with values, keys, validity, references and rules", async () => {
    const { load, database } = city();
    const content = [
      "stall,vendor,from,to",
      "songbai-a01,v1,2026-01-01,2026-03-01 00:01",
      "songbai-a01,v2,2026-03-01,",
      "songbai-a02,v1,2026-01-01,",
      "songbai-a02,v2,2026-01-01,",
      "songbai-a09,v1,,",
      "songbai-a02,,2027-01-01,",
      "songbai-a02,v1,yesterday,",
    ];
    const { findings, findingsTotal, change, counts } = await load("tenancies", content.join("\n"));
    expect(findings.map(({ row, code }) => [row, code])).toEqual([
      // What is registered of that stall begins with no end.
      [2, "overlap"],
      [3, "overlap"],
      [5, "twice"],
      [6, "not-registered"],
      [7, "empty"],
      [8, "invalid"],
    ]);
    expect([findingsTotal, change, counts]).toEqual([6, null, {}]);
    expect(database.prepare("SELECT count(*) FROM tenancy").pluck().get()).toBe(1);
  });

  it("takes several files together or none, and changes nothing in a dry run", async () => {
    const { database, names } = city();
    const [good, bad] = [fileWith(vendors), fileWith("stall,vendor\nsongbai-a02,nobody\n")];
    const [vendorFile, tenancyFile] = [
      { kind: kindNamed("vendors"), path: good },
      { kind: kindNamed("tenancies"), path: bad },
    ];
    const options = { by: "root", note: "", atMs: 1, dryRun: false };
    const both = await importFiles(database, shanghai, { ...options, files: [vendorFile, tenancyFile] });
    expect(both.findings).toMatchObject([{ kind: "tenancies", row: 2, code: "not-registered" }]);
    const dry = await importFiles(database, shanghai, { ...options, files: [vendorFile], dryRun: true });
    expect(dry).toMatchObject({ change: null, findingsTotal: 0, counts: { vendors: { added: 2 } } });
    expect(names()).toHaveLength(2);
    const tables = database.prepare("SELECT count(*) FROM sqlite_temp_master").pluck().get();
    expect(tables).toBe(0);
  });

  it("reads back what was exported as the same, whatever it contains", async () => {
    const first = city();
    const entries: readonly ShortEntry[] = [
      ["vendors", { code: "a", name: 'Kwong "Bob", <script>alert(1)</script>; DROP TABLE vendor' }, "2026-01-01 00:01"],
      ["vendors", { code: "b", name: "𠮷野家🥬，全角" }, "2020-02-29", "2026-11-24 12:30"],
      ["vendors", { code: "b", name: "吉野家" }, "2026-11-24 12:30"],
    ];
    first.put(...entries);
    const kind = kindNamed("vendors");
    const path = join(scratch, "out.csv");
    for (const byteOrderMark of [false, true]) {
      const written = await exportFile(exportRows(first.database, shanghai, kind, { at: null }), path, {
        byteOrderMark,
      });
      expect(written).toBe(5);
      const text = readFileSync(path, "utf8");
      const second = testedRegister();
      const options = { files: [{ kind, path }], by: "root", note: "", atMs: 1, dryRun: false };
      expect((await importFiles(second.database, shanghai, options)).counts["vendors"]?.added).toBe(5);
      await exportFile(exportRows(second.database, shanghai, kind, { at: null }), path, { byteOrderMark });
      expect(readFileSync(path, "utf8")).toBe(text);
      expect((await first.load("vendors", text)).change).toBeNull();
    }
    const then = [...exportRows(first.database, shanghai, kind, { at: at("2026-11-24 12:29") })];
    expect(then.map(([code, name]) => [code, name])).toContainEqual(["b", "𠮷野家🥬，全角"]);
    expect(then).toHaveLength(5);
  });

  it("lists a bounded number of findings and counts them all", async () => {
    const { load } = city();
    const rows = Array.from({ length: 3000 }, (_, index) => `v ${index},x`);
    const { findings, findingsTotal } = await load("vendors", `code,name\n${rows.join("\n")}\n`);
    expect([findings.length, findingsTotal]).toEqual([500, 3000]);
  });

  it("reads a map feature by feature, and names the one that is nothing of the register", async () => {
    const { load } = city();
    const geometry = { type: "Point", coordinates: [1, 2] };
    const map = (...properties: readonly object[]) =>
      JSON.stringify({
        type: "FeatureCollection",
        features: properties.map((each) => ({ type: "Feature", properties: each, geometry })),
      });
    const ending = "geojson";
    const good = await load("geometries", map({ site: "songbai", colour: "red" }), { ending });
    expect([good.findings, good.counts["geometries"]?.added, good.encodings]).toEqual([
      ...[[], 1],
      { geometries: "geojson" },
    ]);
    const bad = await load("geometries", map({ site: "songbai" }, { name: "?" }, { stall: "x" }), { ending });
    expect(bad.findings.map(({ row, column }) => [row, column])).toContainEqual([3, "place"]);
    await expect(load("geometries", "{}", { ending })).rejects.toMatchObject({ code: "INPUT_INVALID" });
  });
});
