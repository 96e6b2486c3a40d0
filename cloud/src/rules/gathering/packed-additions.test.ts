import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alertsMigrations } from "../../alerts/alerts-database.ts";
import { Database } from "../../store/sqlite-engine.ts";
import { packedJournal } from "./gathered-tables.ts";
import { Journal } from "./journal.ts";
import { type Addition, PackedAdditions, readAdditions } from "./packed-additions.ts";

const values = fc.oneof(
  fc.constantFrom("512", "-0", "NaN", "1e3", "007", "", "韭菜 🌱", null),
  fc.string(),
  fc.double(),
  fc.integer(),
);
const additions = fc.array(
  fc.record({
    group: fc.integer({ min: 1, max: 3 }),
    epoch: fc.integer({ min: 1, max: 0xff_ff_ff_ff }),
    atMs: fc.constantFrom(0, 1_795_000_000_123, -5, 0.5),
    line: fc.integer({ min: 0, max: 2 }),
    value: values,
  }),
  { maxLength: 40 },
);

const packed = (added: readonly Addition[], into = new PackedAdditions()): Uint8Array => {
  for (const { group, epoch, atMs, line, value } of added) into.add(group, epoch, atMs, line, value);
  return into.take().slice();
};

const read = (bytes: Uint8Array): Addition[] => {
  const found: Addition[] = [];
  readAdditions(bytes, (addition) => found.push(addition));
  return found;
};

describe("packed additions", () => {
  it("are read as they were added, one transaction after the other (property)", () => {
    fc.assert(
      fc.property(additions, additions, (first, second) => {
        const into = new PackedAdditions();
        expect(read(packed(first, into))).toEqual(first);
        expect(into.entries).toBe(0);
        expect(read(packed(second, into))).toEqual(second);
      }),
      { numRuns: 200 },
    );
  });

  it("hold more than fits at first", () => {
    const many = Array.from({ length: 70_000 }, (_, at) => ({ group: 1, epoch: at, atMs: 7, line: 1, value: "x" }));
    expect(read(packed(many))).toEqual(many);
  });

  it("say that they are cut off", () => {
    const bytes = packed([{ group: 1, epoch: 2, atMs: 3, line: 4, value: "text" }]);
    expect(() => read(bytes.subarray(0, 20))).toThrow(RangeError);
  });
});

describe("a journal from before it was packed", () => {
  it("says the same, and its numbers go on where they were", () => {
    const database = new Database(":memory:");
    for (const migration of alertsMigrations.slice(0, alertsMigrations.indexOf(packedJournal))) migration(database);
    const insert = database.prepare("INSERT INTO gathered_journal VALUES (?, ?)");
    insert.run(7, JSON.stringify([[1, 1000, 2, 5, "512", 6, null]]));
    insert.run(9, JSON.stringify([[3, 2000, 2, 5, 1.5]]));
    insert.run(12, "[]");
    database.exec("DELETE FROM gathered_journal WHERE id = 12");
    packedJournal(database);
    const journal = new Journal(database);
    const found: unknown[] = [];
    journal.read((id, { group, epoch, atMs, line, value }) => found.push([id, group, epoch, atMs, line, value]));
    expect(found).toEqual([
      [7, 1, 5, 1000, 2, "512"],
      [7, 1, 6, 1000, 2, null],
      [9, 3, 5, 2000, 2, 1.5],
    ]);
    expect(journal.last).toBe(12);
    journal.add(1, 5, 3000, 2, "7");
    journal.flush();
    expect(new Journal(database).last).toBe(13);
    database.close();
  });

  it("keeps its numbers when nothing is left in it", () => {
    const database = new Database(":memory:");
    for (const migration of alertsMigrations.slice(0, alertsMigrations.indexOf(packedJournal))) migration(database);
    database.exec("INSERT INTO gathered_journal VALUES (40, '[]'); DELETE FROM gathered_journal");
    packedJournal(database);
    expect(new Journal(database).last).toBe(40);
    database.close();
  });
});
