import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { needs } from "../../src/harness/requirements.ts";
import { until } from "../../src/harness/until.ts";
import { asked, committedDashboards, everything, fault } from "./dashboards.ts";
import { database, type FilledMarket, openFilledMarket } from "./filled-market.ts";

const needed = needs("influxdb", "ffmpeg");

let market: FilledMarket;

beforeAll(async () => {
  if (needed.skip) return;
  market = await openFilledMarket();
}, 180_000);
afterAll(() => (needed.skip ? undefined : market?.close()), 60_000);

/** Every query of a language that gives an error, or nothing, with what was asked. */
const faults = async (
  language: "zh" | "en",
  variables: Readonly<Record<string, readonly string[]>> = everything,
): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const { uid, range, queries } of committedDashboards(language)) {
    for (const query of queries) {
      const text = asked(query, range, variables);
      const wrong = fault(await market.influx.query(database, text));
      if (wrong !== undefined) found.push(`${uid} “${query.panel}” ${query.refId}: ${wrong}\n${text}`);
    }
  }
  return found;
};

describe.skipIf(needed.skip)(
  needed.title("every query of every panel, on a real InfluxDB fed by a real market"),
  () => {
    it("answers, with a value in every column, in both languages", async () => {
      let left: readonly string[] = [];
      await until(
        async () => {
          left = await faults("zh");
          return left.length === 0;
        },
        { what: "every panel shows something", withinMs: 60_000, everyMs: 500, detail: () => left.join("\n\n") },
      );
      expect(await faults("en")).toEqual([]);
      expect(committedDashboards("zh").flatMap(({ queries }) => queries).length).toBeGreaterThan(100);
      const chosen = { ...everything, city: ["鹭江市"], district: ["思南区"], site: ["松柏农贸市场"] };
      expect(await faults("zh", chosen)).toEqual([]);
    }, 120_000);

    it("is found wanting where a field is misspelt, a place is unknown or a statement is none (planted)", async () => {
      const wrong = async (statement: string) => fault(await market.influx.query(database, statement));
      const [wall] = committedDashboards("zh").filter(({ uid }) => uid === "mc-wall");
      const [query] = (wall?.queries ?? []).filter(({ panel }) => panel === "今日快检");
      if (wall === undefined || query === undefined) throw new Error("the wall shows no rapid tests");
      const good = asked(query, wall.range);
      expect(await wrong(good)).toBeUndefined();
      expect(await wrong(good.replaceAll('sum("positive")', 'sum("positiv")'))).toMatch(/^nothing in 阳性率/);
      expect(await wrong(asked(query, wall.range, { ...everything, site: ["亚特兰蒂斯"] }))).toBe("nothing");
      expect(await wrong(good.replace("SELECT", "SELCET"))).toMatch(/error parsing query/);
    });
  },
);
