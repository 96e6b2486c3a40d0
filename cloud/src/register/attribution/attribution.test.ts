import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { at, type ShortEntry, shanghai, smallCity, testedRegister } from "../../../test/tested-register.ts";
import { type Attribution, unattributed } from "./attribution.ts";
import { AttributionIndex } from "./attribution-index.ts";
import { ItemFinder } from "./item-finder.ts";

const scale = { gw: "gw-1", dev: "scale-1" };
const areas = ["xm", "sm", "yd", "g1"];

describe("attribution", () => {
  it("follows a scale that is moved at midday, to the minute", () => {
    const { database, put } = testedRegister();
    put(
      ...smallCity,
      ["placements", { ...scale, stall: "songbai-a01" }, "2026-01-01", "2026-11-24 12:30"],
      ["placements", { ...scale, stall: "songbai-a02" }, "2026-11-24 12:30", "2026-11-24 15:00"],
      ["placements", { ...scale, site: "school" }, "2026-11-24 15:00"],
    );
    const index = new AttributionIndex(database);
    const where = (local: string) => index.attribute("gw-1", "scale-1", at(local));
    expect(where("2025-12-31 23:59")).toEqual(unattributed);
    expect(where("2026-01-01 00:00")).toEqual({ stall: "songbai-a01", vendor: "v1", site: "songbai", areas });
    expect(where("2026-11-24 12:29").stall).toBe("songbai-a01");
    expect(where("2026-11-24 12:30")).toEqual({ stall: "songbai-a02", vendor: null, site: "songbai", areas });
    expect(where("2026-11-24 15:00")).toEqual({ stall: null, vendor: null, site: "school", areas: ["xm", "sm", "yd"] });
    expect(index.attribute("gw-1", "scale-2", at("2026-11-24"))).toEqual(unattributed);
  });

  it("follows a vendor who is replaced, an area that is divided, and a correction of the past", () => {
    const { database, put } = testedRegister();
    put(...smallCity, ["placements", { ...scale, stall: "songbai-a01" }]);
    const index = new AttributionIndex(database);
    expect(index.refresh()).toBe(false);
    const before = index.version;
    put(
      ["tenancies", { stall: "songbai-a01", vendor: "v1" }, undefined, "2026-11-24 12:00"],
      ["tenancies", { stall: "songbai-a01", vendor: "v2" }, "2026-11-24 12:00"],
      ["areas", { code: "g2", name: "新网格", level: "grid", parent: "yd" }, "2026-06-01"],
      ["sites", { code: "songbai", name: "松柏市场", type: "market", area: "g1" }, undefined, "2026-06-01"],
      ["sites", { code: "songbai", name: "松柏市场", type: "market", area: "g2" }, "2026-06-01"],
    );
    expect(index.refresh()).toBe(true);
    expect(index.version).toBe(before + 1);
    expect(index.attribute("gw-1", "scale-1", at("2026-11-24 11:59"))).toMatchObject({
      vendor: "v1",
      areas: ["xm", "sm", "yd", "g2"],
    });
    expect(index.attribute("gw-1", "scale-1", at("2026-11-24 12:00")).vendor).toBe("v2");
    expect(index.attribute("gw-1", "scale-1", at("2026-05-31 23:59")).areas).toEqual(areas);
  });

  it("knows what an item's code meant before it was given to another item", () => {
    const { database, put } = testedRegister();
    put(
      ...smallCity,
      ["items", { code: "0101", name: "韭菜", unit: "kg" }, undefined, "2026-07-01"],
      ["items", { code: "0101", name: "空心菜", unit: "kg" }, "2026-07-01"],
      ["items", { code: "0202", name: "番茄", unit: "kg" }],
      ["item-codes", { site: "songbai", alias: "7", item: "0101" }, undefined, "2026-11-24 12:00"],
      ["item-codes", { site: "songbai", alias: "7", item: "0202" }, "2026-11-24 12:00"],
      ["item-codes", { alias: "西红柿", item: "0202" }],
    );
    const finder = new ItemFinder(database);
    const name = (site: string | null, code: string, local: string) => finder.find(site, code, at(local))?.name;
    expect(name(null, "0101", "2026-06-30 23:59")).toBe("韭菜");
    expect(name(null, "0101", "2026-07-01 00:00")).toBe("空心菜");
    expect(name("songbai", "7", "2026-11-24 11:59")).toBe("空心菜");
    expect(name("songbai", "7", "2026-11-24 12:00")).toBe("番茄");
    expect(name("school", "7", "2026-11-24 12:00")).toBeUndefined();
    expect(finder.find("school", "西红柿", at("2026-11-24"))).toMatchObject({ item: "0202", by: "city-code" });
  });
});

/** What the register was told, kept as a plain list: the last word on a key and a beginning counts. */
class NaiveRegister {
  readonly #entries: ShortEntry[] = [];

  put(...entries: readonly ShortEntry[]): void {
    for (const [kind, values, from, to] of entries) {
      const same = (other: ShortEntry): boolean =>
        other[0] === kind && other[2] === from && keys[kind]?.every((name) => other[1][name] === values[name]) === true;
      const known = this.#entries.findIndex(same);
      if (known >= 0) this.#entries.splice(known, 1);
      this.#entries.push([kind, values, from, to]);
    }
  }

  #find(kind: string, where: Readonly<Record<string, string>>, minute: number) {
    return this.#entries.find(([other, values, from, to]) => {
      if (other !== kind || !Object.entries(where).every(([name, value]) => values[name] === value)) return false;
      return (from === undefined || at(from) <= minute) && (to === undefined || minute < at(to));
    })?.[1];
  }

  attribute(gw: string, dev: string, minute: number): Attribution {
    const placed = this.#find("placements", { gw, dev }, minute);
    if (placed === undefined) return unattributed;
    const stall = placed["stall"] ?? null;
    const site = stall === null ? placed["site"] : this.#find("stalls", { code: stall }, minute)?.["site"];
    const path: string[] = [];
    let area = site === undefined ? undefined : this.#find("sites", { code: site }, minute)?.["area"];
    while (area !== undefined && area !== "") {
      const entry = this.#find("areas", { code: area }, minute);
      if (entry === undefined) break;
      path.unshift(area);
      area = entry["parent"];
    }
    const vendor = stall === null ? null : (this.#find("tenancies", { stall }, minute)?.["vendor"] ?? null);
    return { stall, vendor, site: site ?? null, areas: path };
  }
}

const keys: Readonly<Record<string, readonly string[]>> = {
  ...{ placements: ["gw", "dev"], stalls: ["code"], tenancies: ["stall"], sites: ["code"], areas: ["code"] },
  ...{ vendors: ["code"], devices: ["gw", "dev"], units: ["code"] },
};

const day = (number: number): string => `2026-01-${String(number).padStart(2, "0")}`;

const stepArbitrary = fc.record({
  what: fc.constantFrom("placement", "tenancy", "stall", "site", "area"),
  which: fc.nat(2),
  choice: fc.nat(2),
  start: fc.integer({ min: 1, max: 12 }),
  length: fc.integer({ min: 1, max: 8 }),
});

type Step = typeof stepArbitrary extends fc.Arbitrary<infer Value> ? Value : never;

const stallsOf = ["songbai-a01", "songbai-a02", "songbai-a03"];

const entryOf = ({ what, which, choice, start, length }: Step): ShortEntry => {
  const [from, to] = [day(start), day(start + length)];
  const stall = stallsOf[which] ?? "";
  switch (what) {
    case "placement": {
      const place = choice === 2 ? { site: "school" } : { stall: stallsOf[choice] ?? "" };
      return ["placements", { gw: "gw-1", dev: `scale-${which + 1}`, ...place }, from, to];
    }
    case "tenancy":
      return ["tenancies", { stall, vendor: `v${(choice % 2) + 1}` }, from, to];
    case "stall":
      return ["stalls", { code: stall, site: choice === 0 ? "school" : "songbai", label: "x" }, from, to];
    case "site":
      return [
        "sites",
        { code: "school", name: "s", type: "canteen", area: ["g1", "yd", "sm"][choice] ?? "" },
        from,
        to,
      ];
    case "area":
      return ["areas", { code: "g1", name: "g", level: "grid", parent: choice === 0 ? "sm" : "yd" }, from, to];
  }
};

const base: readonly ShortEntry[] = [
  ...smallCity.filter(
    ([kind, { code }]) => !["tenancies", "stalls"].includes(kind) && code !== "school" && code !== "g1",
  ),
  ["areas", { code: "g1", name: "g", level: "grid", parent: "yd" }, day(20)],
  ["sites", { code: "school", name: "s", type: "canteen", area: "yd" }, day(20)],
  ...stallsOf.map((code): ShortEntry => ["stalls", { code, site: "songbai", label: "x" }, day(20)]),
  ...["scale-2", "scale-3"].map((dev): ShortEntry => ["devices", { gw: "gw-1", dev, class: "scale" }]),
];

const midnights = Array.from({ length: 21 }, (_, index) => at(day(index + 1)));

describe("the index of attribution", () => {
  const agree = (index: AttributionIndex, naive: NaiveRegister): void => {
    for (const dev of ["scale-1", "scale-2", "scale-3"]) {
      for (let number = 1; number <= 21; number++) {
        for (const minute of [at(day(number)) - 1, at(day(number))]) {
          const found = index.attribute("gw-1", dev, minute);
          expect(found, `${dev} ${shanghai.format(minute)}`).toEqual(naive.attribute("gw-1", dev, minute));
        }
      }
      // Everything changes at midnights here: within a stretch every day has what the stretch says.
      const [first, end] = [at(day(1)) - 5, at(day(21)) + 5];
      const stretches = index.stretches("gw-1", dev, first, end);
      expect([stretches[0]?.from, stretches.at(-1)?.to]).toEqual([first, end]);
      for (const [place, { from, to, attribution }] of stretches.entries()) {
        expect(to).toBe(stretches[place + 1]?.from ?? end);
        for (const minute of [from, to - 1, ...midnights.filter((midnight) => from <= midnight && midnight < to)]) {
          expect(attribution, `${dev} ${shanghai.format(minute)}`).toEqual(naive.attribute("gw-1", dev, minute));
        }
      }
    }
  };

  it("agrees with a plain list after any changes, whether it followed them or was made anew", () => {
    let refused = 0;
    let taken = 0;
    fc.assert(
      fc.property(fc.array(stepArbitrary, { minLength: 15, maxLength: 30 }), (steps) => {
        const { database, change, put } = testedRegister();
        const naive = new NaiveRegister();
        put(...base);
        naive.put(...base);
        const index = new AttributionIndex(database);
        for (const step of steps) {
          const entry = entryOf(step);
          const { findingsTotal } = change([entry]);
          if (findingsTotal === 0) {
            naive.put(entry);
            taken++;
          } else refused++;
          index.refresh();
        }
        agree(index, naive);
        agree(new AttributionIndex(database), naive);
        database.close();
      }),
      { numRuns: 8 },
    );
    // Both paths were taken: validity that overlaps is refused, the rest counts.
    expect(Math.min(refused, taken)).toBeGreaterThan(20);
  });

  it("does not agree when it is not refreshed", () => {
    const { database, put } = testedRegister();
    const naive = new NaiveRegister();
    put(...base);
    naive.put(...base);
    const index = new AttributionIndex(database);
    const moved: ShortEntry = ["placements", { ...scale, site: "school" }, day(20)];
    put(moved);
    naive.put(moved);
    expect(() => agree(index, naive)).toThrow();
  });
});
