import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { startCentre } from "../../src/harness/centre-process.ts";
import { type InfluxProcess, startInflux } from "../../src/harness/influx-process.ts";
import { needs } from "../../src/harness/requirements.ts";
import { until } from "../../src/harness/until.ts";
import { startVictoria } from "../../src/harness/victoria-process.ts";
import { type FeedProcess, fillLedger, judgeInflux, ledgerSays, scratch, startFeed } from "./fed-ledger.ts";

const closing: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const directory = (): string => {
  const { dir, remove } = scratch();
  closing.push(remove);
  return dir;
};

const withinMs = 60_000;

/** Waits for the feed to say something. */
const says = (feed: FeedProcess, what: string, fits: (step: FeedProcess["steps"][number]) => boolean) =>
  until(() => feed.steps.find(fits), { what, withinMs, detail: () => feed.program.output().slice(-2_000) });

const settingsOf = (influx: InfluxProcess) => ({ api: "v1", url: influx.url, batchPoints: 100 });

describe("the feed of InfluxDB", () => {
  const real = needs("influxdb");
  it.skipIf(real.skip)(
    real.title("has no point missing and none twice after InfluxDB and the feed were killed in the middle"),
    { timeout: 120_000 },
    async () => {
      const dir = directory();
      const dataDir = join(dir, "data");
      const [influx] = await Promise.all([startInflux(join(dir, "influx")), fillLedger(dataDir, 9_000)]);
      closing.push(() => influx.stop());
      const first = startFeed(dataDir, settingsOf(influx));
      await says(first, "a part was fed", ({ lines = 0, more }) => lines > 0 && more === true);
      await influx.kill();
      await says(first, "InfluxDB is missed", ({ error }) => error !== undefined);
      await influx.start();
      await says(
        first,
        "what was fed before is fed again",
        ({ restarts = 0, sentAgain = 0 }) => restarts + sentAgain > 1,
      );
      await first.program.kill();
      const second = startFeed(dataDir, settingsOf(influx));
      await says(second, "everything is fed", ({ more }) => more === false);
      const ledger = ledgerSays(dataDir);
      expect(ledger.weighings.size).toBeGreaterThan(7_000);
      expect(await judgeInflux(influx, ledger)).toEqual([]);
      await second.program.stop();
      // Planted: one point less and one too many are found.
      const { series } = await influx.query("mingcheng", `SELECT "lsn" FROM "weighing" WHERE "lsn" = 1`);
      const at = `${String(series[0]?.values[0]?.[0])}${String(100_001)}`;
      await influx.query("mingcheng", `DELETE FROM "weighing" WHERE time = ${at} AND "gw" = 'market-0'`);
      const again = `weighing,dev=ghost lsn=13i,weighings=1i,mass_mg=${String(ledger.weighings.get(13))}i ${Date.now()}`;
      await influx.write("mingcheng", "autogen", again);
      expect(await judgeInflux(influx, ledger)).toEqual(["1 is missing", "13 is there 2 times"]);
    },
  );

  it.skipIf(real.skip)(
    real.title("runs in a centre, says what it lags behind, and starts over when it is told"),
    { timeout: 120_000 },
    async () => {
      const dir = directory();
      const dataDir = join(dir, "data");
      const [influx] = await Promise.all([startInflux(join(dir, "influx")), fillLedger(dataDir, 2_000)]);
      closing.push(() => influx.stop());
      await influx.kill();
      const timeseries = { api: "v1", url: influx.url };
      const centre = await startCentre({ dir, config: { timeseries } });
      closing.push(() => centre.stop());
      const figure = async (name: string): Promise<number> => {
        const { host, port } = centre.addresses.health;
        const text = await (await fetch(`http://${host}:${port}/metrics`)).text();
        return Number(new RegExp(`^mingcheng_timeseries_${name} (\\S+)$`, "m").exec(text)?.[1] ?? Number.NaN);
      };
      const lagIs = (lag: number, available: number) =>
        until(async () => (await figure("lag_records")) === lag && (await figure("available")) === available, {
          ...{ what: `a lag of ${lag}`, withinMs, everyMs: 50, detail: () => centre.program.output().slice(-3_000) },
        });
      await lagIs(2_000, 0);
      await influx.start();
      await lagIs(0, 1);
      const ledger = ledgerSays(dataDir);
      expect(await judgeInflux(influx, ledger)).toEqual([]);
      // How long what is kept, and in how long pieces, is set up by us.
      const { series } = await influx.query("mingcheng", 'SHOW RETENTION POLICIES ON "mingcheng"');
      expect(series[0]?.values).toEqual([
        ["autogen", "9600h0m0s", "672h0m0s", 1, true],
        ["long", "0s", "8736h0m0s", 1, false],
      ]);
      await centre.stop();
      await influx.write("mingcheng", "autogen", `weighing,dev=ghost lsn=1i,weighings=1i,mass_mg=1i ${Date.now()}`);
      expect(await judgeInflux(influx, ledger)).toContain("1 is there 2 times");
      await centre.command("rebuild", "--timeseries");
      const feed = startFeed(dataDir, timeseries, { once: true });
      expect(await feed.program.exited, feed.program.output()).toMatchObject({ code: 0 });
      expect(await judgeInflux(influx, ledger)).toEqual([]);
    },
  );
});

describe("the way of writing of InfluxDB 2", () => {
  const real = needs("victoria-metrics");
  it.skipIf(real.skip)(
    real.title("is understood by VictoriaMetrics: every record once, however often it is sent"),
    { timeout: 120_000 },
    async () => {
      const dir = directory();
      const dataDir = join(dir, "data");
      const [victoria] = await Promise.all([startVictoria(join(dir, "victoria")), fillLedger(dataDir, 1_500)]);
      closing.push(() => victoria.stop());
      const settings = { api: "v2", url: victoria.url, org: "mingcheng", setUp: false };
      const ledger = ledgerSays(dataDir);
      for (const round of ["first", "sent again"]) {
        const feed = startFeed(dataDir, { ...settings, database: "mingcheng" }, { once: true });
        expect(await feed.program.exited, `${round}: ${feed.program.output()}`).toMatchObject({ code: 0 });
        const series = await victoria.series("weighing_lsn");
        expect(series[0]?.metric).toMatchObject({ city_name: "厦门市", site_name: expect.stringContaining("市场") });
        const numbers = series.flatMap(({ values }) => values).toSorted((a, b) => a - b);
        expect(numbers).toEqual([...ledger.weighings.keys()].toSorted((a, b) => a - b));
        // A second time with nothing remembered.
        const { Database } = await import("../../src/harness/sqlite-engine.ts");
        const database = new Database(join(dataDir, "timeseries.db"));
        database.exec("DELETE FROM point; DELETE FROM hour; DELETE FROM rollup; DELETE FROM cursor; DELETE FROM meta");
        database.close();
      }
    },
  );
});
