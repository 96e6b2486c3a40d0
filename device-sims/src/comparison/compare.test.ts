import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalDecimal, compareWithLedger, type Saying, type StoredReading, totals } from "./compare.ts";

const said = (device: string, content: string, duty: Saying["duty"] = "must"): Saying => ({
  device,
  kind: "weighing",
  content,
  duty,
});

let nextRow = 0;
const row = (device: string, content: string, resend = false): StoredReading => ({
  row: `1/${++nextRow}`,
  device,
  kind: "weighing",
  content,
  resend,
});

const failures = (sayings: Saying[], rows: StoredReading[]) => {
  const { missing, twice, invented } = totals(compareWithLedger(sayings, rows));
  return { missing, twice, invented };
};

const clean = { missing: 0, twice: 0, invented: 0 };

describe("what the devices said against the ledger", () => {
  const sayings = [said("a", "1 kg"), said("a", "2 kg"), said("b", "1 kg")];
  const rows = () => [row("a", "1 kg"), row("a", "2 kg"), row("b", "1 kg")];

  it("finds nothing in a ledger that holds everything once", () => {
    expect(failures(sayings, rows())).toEqual(clean);
  });

  it("finds a row that is missing and names what was said", () => {
    const [finding] = compareWithLedger(sayings, rows().slice(1));
    expect(finding).toMatchObject({ device: "a", said: 2, stored: 1, missing: ["1 kg"], twice: [], invented: [] });
  });

  it("finds a row that is there twice and names the row", () => {
    const again = row("b", "1 kg");
    const finding = compareWithLedger(sayings, [...rows(), again]).find(({ device }) => device === "b");
    expect(finding).toMatchObject({ said: 1, stored: 2, missing: [], twice: [again.row], invented: [] });
  });

  it("finds a row that nobody said", () => {
    const foreign = row("a", "3 kg");
    const [finding] = compareWithLedger(sayings, [...rows(), foreign]);
    expect(finding).toMatchObject({ missing: [], twice: [], invented: [foreign.row] });
  });

  it("finds a row of a device that does not exist", () => {
    expect(failures(sayings, [...rows(), row("ghost", "1 kg")])).toEqual({ ...clean, invented: 1 });
  });

  it("takes a changed value as one missing and one invented", () => {
    expect(failures(sayings, [...rows().slice(1), row("a", "1.1 kg")])).toEqual({ missing: 1, twice: 0, invented: 1 });
  });

  it("takes a reading under the wrong device as one missing and one twice", () => {
    expect(failures(sayings, [...rows().slice(1), row("b", "1 kg")])).toEqual({ missing: 1, twice: 1, invented: 0 });
  });

  it("lets what nobody could promise be there once or not, never twice", () => {
    const unsure = [said("a", "9 kg", "may")];
    expect(failures(unsure, [])).toEqual(clean);
    expect(failures(unsure, [row("a", "9 kg")])).toEqual(clean);
    expect(failures(unsure, [row("a", "9 kg"), row("a", "9 kg")])).toEqual({ ...clean, twice: 1 });
  });

  it("counts the same content said twice", () => {
    const twice = [said("a", "1 kg"), said("a", "1 kg")];
    expect(failures(twice, [row("a", "1 kg")])).toEqual({ ...clean, missing: 1 });
    expect(failures(twice, [row("a", "1 kg"), row("a", "1 kg")])).toEqual(clean);
  });

  it("folds a marked repeat, but not one that repeats nothing", () => {
    expect(failures([said("a", "1 kg")], [row("a", "1 kg"), row("a", "1 kg", true)])).toEqual(clean);
    expect(failures([], [row("a", "1 kg", true)])).toEqual({ ...clean, invented: 1 });
    expect(failures([said("a", "1 kg")], [row("a", "1 kg", true)])).toEqual({ ...clean, missing: 1, invented: 1 });
  });

  it("finds any single planted fault in any ledger", () => {
    const anySayings = fc.array(
      fc.record({ device: fc.constantFrom("a", "b", "c"), content: fc.constantFrom("1", "2", "3", "4") }),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(anySayings, fc.nat(), fc.constantFrom("missing", "twice", "invented"), (list, pick, fault) => {
        const all = list.map(({ device, content }) => said(device, content));
        const stored = all.map(({ device, content }) => row(device, content));
        expect(failures(all, stored)).toEqual(clean);
        const victim = stored[pick % stored.length]!;
        if (fault === "missing") stored.splice(stored.indexOf(victim), 1);
        if (fault === "twice") stored.push({ ...victim, row: "again" });
        if (fault === "invented") stored.push({ ...victim, row: "foreign", content: "5" });
        expect(failures(all, stored)).toEqual({ ...clean, [fault]: 1 });
      }),
    );
  });
});

describe("canonical decimals", () => {
  it.each([
    ["1.500", "1.5"],
    ["0001.50", "1.5"],
    ["-0.00", "0"],
    ["+3", "3"],
    ["-0.250", "-0.25"],
    ["10.", "10"],
    ["100", "100"],
    ["62.3", "62.3"],
    ["INVALID", "INVALID"],
  ])("spells %s as %s", (from, to) => {
    expect(canonicalDecimal(from)).toBe(to);
  });
});
