import { afterEach, describe, expect, it } from "vitest";
import { FakeInflux2 } from "../../test/fake-influx2.ts";
import { openInfluxServer } from "./influx-server.ts";
import { LinesRefused, type SeriesServer, ServerUnavailable } from "./series-server.ts";
import { timeseriesSettings } from "./settings.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const day = 86_400;

const opened = async (
  more: object = {},
  secret?: string,
): Promise<{
  readonly influx: FakeInflux2;
  readonly server: SeriesServer;
  readonly again: (more: object) => Promise<SeriesServer>;
}> => {
  const influx = new FakeInflux2();
  const url = await influx.open();
  closing.push(() => influx.close());
  const again = async (changed: object): Promise<SeriesServer> => {
    const settings = timeseriesSettings.parse({ api: "v2", url, org: "mingcheng", tokenFile: "/token", ...changed });
    const server = await openInfluxServer(settings, () => Promise.resolve(secret ?? influx.token));
    closing.push(() => server.close());
    return server;
  };
  return { influx, server: await again(more), again };
};

describe("setting InfluxDB 2 up", () => {
  it("makes two buckets with what they keep, and the mappings by which InfluxQL finds them", async () => {
    const { influx, server } = await opened();
    await server.setUp();
    expect(influx.buckets.map(({ name, orgID, retentionRules }) => [name, orgID, retentionRules])).toEqual([
      [
        "mingcheng/autogen",
        influx.org.id,
        [{ type: "expire", everySeconds: 400 * day, shardGroupDurationSeconds: 28 * day }],
      ],
      ["mingcheng/long", influx.org.id, [{ type: "expire", everySeconds: 0, shardGroupDurationSeconds: 364 * day }]],
    ]);
    const [autogen, long] = influx.buckets.map(({ id }) => id);
    expect(influx.mappings).toMatchObject([
      { database: "mingcheng", retention_policy: "autogen", bucketID: autogen, default: true },
      { database: "mingcheng", retention_policy: "long", bucketID: long, default: false },
    ]);
  });

  it("changes nothing the second time but what buckets keep", async () => {
    const { influx, server, again } = await opened();
    await server.setUp();
    await (await again({ keepDays: 60, keepRollupDays: 800 })).setUp();
    expect(influx.buckets.map(({ retentionRules }) => retentionRules)).toEqual([
      [{ type: "expire", everySeconds: 60 * day, shardGroupDurationSeconds: 7 * day }],
      [{ type: "expire", everySeconds: 800 * day, shardGroupDurationSeconds: 28 * day }],
    ]);
    expect(influx.mappings).toHaveLength(2);
    expect(influx.asked.filter(({ method }) => method === "POST")).toHaveLength(4);
  });

  it("leaves everything to the administrator when told so", async () => {
    const { influx, server } = await opened({ setUp: false });
    await server.setUp();
    expect(influx.asked).toEqual([]);
  });

  it("says what is wrong: organisation, token, permission", async () => {
    const { server, influx, again } = await opened();
    await expect((await again({ org: "elsewhere" })).setUp()).rejects.toThrow("organisation elsewhere: not found");
    influx.refusesMappings = true;
    await expect(server.setUp()).rejects.toThrow("mapping of mingcheng/autogen: 403");
    const { server: stranger } = await opened({}, "wrong");
    const refused = stranger.setUp();
    await expect(refused).rejects.toThrow(ServerUnavailable);
    await expect(refused).rejects.toThrow("orgs: 401");
  });
});

describe("points in InfluxDB 2", () => {
  it("go into the bucket of their retention, and what is no line is refused for good", async () => {
    const { influx, server } = await opened();
    await expect(server.write("long", ["weighing_day weighings=1i 1000000"])).rejects.toThrow(ServerUnavailable);
    await server.setUp();
    await server.write("long", ["weighing_day weighings=1i 1000000", "weighing_day weighings=2i 2000000"]);
    expect(influx.written).toEqual([
      { bucket: "mingcheng/long", lines: ["weighing_day weighings=1i 1000000", "weighing_day weighings=2i 2000000"] },
    ]);
    await expect(server.write("autogen", ["weighing"])).rejects.toThrow(LinesRefused);
  });

  it("are removed by measurement and time", async () => {
    const { influx, server } = await opened();
    await server.setUp();
    expect(await server.remove("weighing", "autogen", 0, 3_600_000)).toBe(true);
    expect(influx.deleted).toEqual([
      {
        ...{ bucket: "mingcheng/autogen", predicate: '_measurement="weighing"' },
        ...{ start: "1970-01-01T00:00:00.000Z", stop: "1970-01-01T01:00:00.000Z" },
      },
    ]);
  });
});
