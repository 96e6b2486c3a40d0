import { describe, expect, it } from "vitest";
import { smallCity, testedRegister } from "../../../test/tested-register.ts";
import { registerKinds } from "../model/kinds.ts";

const stallOne = { gw: "gw-1", dev: "scale-1", stall: "songbai-a01" };
const stallTwo = { gw: "gw-1", dev: "scale-1", stall: "songbai-a02" };

describe("the layout of the register", () => {
  it("has a table with the columns of every kind, and an index over its key", () => {
    const { database } = testedRegister();
    for (const { table, columns, key } of registerKinds) {
      const names = database.prepare("SELECT name FROM pragma_table_info(?)").pluck().all(table);
      const own = columns.map(({ name }) => name);
      expect(names, table).toEqual(["id", ...own, "valid_from", "valid_to", "since_change", "until_change"]);
      const indexed = database.prepare("SELECT name FROM pragma_index_info(?)").pluck().all(`${table}_present`);
      expect(indexed, table).toEqual([...key, "valid_from"]);
    }
  });

  it("names only kinds and columns that exist", () => {
    for (const { kind, key, references, rules, columns } of registerKinds) {
      const own = columns.map(({ name }) => name);
      for (const name of [...key, ...references.flatMap((reference) => reference.columns)]) expect(own).toContain(name);
      for (const { column } of rules) expect(own, kind).toContain(column);
      for (const { to, columns: by } of references) {
        expect(registerKinds.find((other) => other.kind === to)?.key.length, `${kind} → ${to}`).toBe(by.length);
      }
    }
  });
});

describe("a change of the register", () => {
  it("adds, corrects and leaves alone; what was said before stays, with who changed it and when", () => {
    const { database, change, put } = testedRegister();
    const first = put(...smallCity);
    expect(change(smallCity).change).toBeNull();
    const outcome = change([
      ["vendors", { code: "v1", name: "陈记蔬菜行" }],
      ["vendors", { code: "v2", name: "林记水产" }],
      ["vendors", { code: "v3", name: "吴记" }],
    ]);
    expect(outcome.counts["vendors"]).toEqual({ added: 1, corrected: 1, unchanged: 1, withdrawn: 0 });
    const said = "SELECT name, since_change, until_change FROM vendor WHERE code = 'v1' ORDER BY id";
    expect(database.prepare(said).all()).toEqual([
      { name: "陈记蔬菜", since_change: first, until_change: outcome.change },
      { name: "陈记蔬菜行", since_change: outcome.change, until_change: null },
    ]);
    expect(database.prepare("SELECT at_ms, by FROM register_change ORDER BY id").all()).toEqual([
      { at_ms: Date.parse("2026-11-24T04:00:00Z"), by: "wang.li" },
      { at_ms: Date.parse("2026-11-24T04:00:00Z"), by: "wang.li" },
    ]);
  });

  it("moves a scale at midday: the old entry gets its end, the new one its beginning, together", () => {
    const { put, database } = testedRegister();
    put(...smallCity, ["placements", stallOne, "2026-01-01"]);
    put(["placements", stallOne, "2026-01-01", "2026-11-24 12:30"], ["placements", stallTwo, "2026-11-24 12:30"]);
    const present = "SELECT stall FROM placement WHERE until_change IS NULL ORDER BY valid_from";
    expect(database.prepare(present).pluck().all()).toEqual(["songbai-a01", "songbai-a02"]);
  });

  it("refuses validity that overlaps by one minute, naming both rows, and writes nothing", () => {
    const { change, put, database } = testedRegister();
    put(...smallCity);
    const { findings, change: written } = change([
      ["placements", stallOne, "2026-01-01", "2026-11-24 12:31"],
      ["placements", stallTwo, "2026-11-24 12:30"],
    ]);
    expect(written).toBeNull();
    expect(findings).toEqual([
      {
        ...{ kind: "placements", row: 2, column: "from", code: "overlap" },
        zh: expect.stringMatching(/gw=gw-1 dev=scale-1：第 1 行的 .*2026-11-24T12:31.* 与第 2 行的 .*时间重叠/),
        en: expect.stringMatching(/row 1, \[2026-01-01T00:00\+08:00, .* and row 2, .* overlap/),
      },
    ]);
    expect(database.prepare("SELECT count(*) FROM placement").pluck().get()).toBe(0);
  });

  it("refuses what overlaps with what is registered, before it and behind it", () => {
    const { change, put } = testedRegister();
    put(...smallCity, ["placements", stallOne, "2026-03-01", "2026-06-01"]);
    const [behind] = change([["placements", stallTwo, "2026-05-01"]]).findings;
    expect(behind).toMatchObject({
      row: 1,
      code: "overlap",
      en: expect.stringContaining("the registered [2026-03-01"),
    });
    const [before] = change([["placements", stallTwo, undefined, "2026-03-01 00:01"]]).findings;
    expect(before).toMatchObject({ row: 1, code: "overlap" });
    put(["placements", stallTwo, "2026-06-01"]);
  });

  it("refuses the same key and beginning twice, what is not registered, and what breaks a rule", () => {
    const { change, put } = testedRegister();
    put(...smallCity);
    const codesOf = (...rows: Parameters<typeof change>[0]) =>
      change(rows).findings.map(({ row, column, code }) => [row, column, code]);
    const twice = { code: "v9", name: "甲" };
    expect(codesOf(["vendors", twice], ["vendors", { ...twice, name: "乙" }])).toEqual([[2, "code", "twice"]]);
    expect(codesOf(["tenancies", { stall: "songbai-a02", vendor: "nobody" }])).toEqual([
      [1, "vendor", "not-registered"],
    ]);
    expect(codesOf(["placements", { ...stallOne, site: "school" }])).toEqual([[1, "stall", "rule"]]);
    expect(codesOf(["placements", { ...stallOne, dev: "scale-9" }])).toEqual([[1, "dev", "not-registered"]]);
    expect(codesOf(["units", { code: "jin", name: "斤", dimension: "mass" }])).toEqual([[1, "grams", "rule"]]);
    expect(codesOf(["areas", { code: "g1", name: "网格", level: "district", parent: "yd" }])).toEqual([
      [1, "parent", "rule"],
    ]);
    // A loop would need two areas each above the other.
    expect(codesOf(["areas", { code: "sm", name: "思明区", level: "district", parent: "g1" }])).toEqual([
      [1, "parent", "rule"],
    ]);
  });

  it("refuses wrong values by name, with what is expected", () => {
    const { change } = testedRegister();
    const { findings } = change([
      ["vendors", { code: "v 1", name: "=cmd|'/c calc'!A1" }],
      ["vendors", { code: "", name: "a\u0007b", colour: "red" }],
      ["vendors", { code: "v3", name: "a" }, "2026-11-24 12:00:30", "2026-11-24"],
      ["vendors", { code: "v4", name: "a" }, "2026-11-24", "2026-11-24"],
    ]);
    expect(findings.map(({ row, column, code }) => [row, column, code])).toEqual([
      ...[
        [1, "code", "invalid"],
        [1, "name", "invalid"],
      ],
      ...[
        [2, "colour", "unknown-column"],
        [2, "code", "empty"],
        [2, "name", "invalid"],
      ],
      ...[
        [3, "from", "invalid"],
        [4, "to", "ends-before-it-begins"],
      ],
    ]);
  });

  it("takes back what never was true, but not what others name", () => {
    const { change, put } = testedRegister();
    put(...smallCity, ["vendors", { code: "v3", name: "吴记" }, "2026-01-01"]);
    const gone = change([], [{ kind: "vendors", key: ["v3"], from: "2025-12-31T16:00:00.000Z" }]);
    expect(gone.counts["vendors"]?.withdrawn).toBe(1);
    expect(change([], [{ kind: "vendors", key: ["v1"] }]).findings[0]).toMatchObject({ code: "still-used" });
    expect(change([], [{ kind: "vendors", key: ["v8"] }]).findings[0]).toMatchObject({ code: "nothing-to-withdraw" });
  });

  it("cannot be undone behind the register's back", () => {
    const { database, put } = testedRegister();
    put(...smallCity);
    put(["vendors", { code: "v1", name: "新名" }]);
    for (const sql of [
      ...["DELETE FROM vendor", "UPDATE vendor SET name = 'x'", "UPDATE vendor SET valid_to = 9"],
      ...["UPDATE vendor SET until_change = NULL", "UPDATE vendor SET until_change = 1 WHERE until_change IS NOT NULL"],
      ...["DELETE FROM register_change", "UPDATE register_change SET by = 'x'"],
    ]) {
      expect(() => database.exec(sql), sql).toThrow(/register/);
    }
  });
});
