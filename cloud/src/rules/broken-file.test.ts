import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AlertReader } from "../alerts/alert-reader.ts";
import { AlertStore } from "../alerts/alert-store.ts";
import { alertsMigrations } from "../alerts/alerts-database.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { Database } from "../store/sqlite-engine.ts";
import { breakFile, mendFile } from "./broken-file.ts";

let database: SqliteDatabase;
let store: AlertStore;
beforeEach(() => {
  database = new Database(":memory:");
  for (const migration of alertsMigrations) migration(database);
  store = new AlertStore(database);
});
afterEach(() => database.close());

const reason = (line: number) => ({ zh: `rules.yaml:${line}:9: 错`, en: `rules.yaml:${line}:9: wrong` });
const all = () => new AlertReader(database).list({ which: "all", limit: 10, after: null });

describe("a file that changed and is not good", () => {
  it("is the administrator's alert with the place of the mistake, one at a time, until it is good", () => {
    breakFile(store, "rules", reason(3), 1_000);
    breakFile(store, "rules", reason(3), 2_000);
    breakFile(store, "routing", reason(8), 2_000);
    expect(all()).toMatchObject([
      { state: "firing", owner: "role:administrator", labels: { file: "routing" } },
      { state: "firing", title: { zh: expect.stringContaining("rules.yaml:3:9: 错") }, labels: { file: "rules" } },
    ]);
    breakFile(store, "rules", reason(5), 3_000);
    expect(all().map(({ state, title }) => [state, /yaml:(\d)/.exec(title.en)?.[1]])).toEqual([
      ["firing", "5"],
      ["firing", "8"],
      ["resolved", "3"],
    ]);
    mendFile(store, "rules", 4_000);
    mendFile(store, "rules", 5_000);
    expect(all().map(({ state }) => state)).toEqual(["firing", "resolved", "resolved"]);
  });
});
