import { afterEach, describe, expect, it } from "vitest";
import { FedCentre } from "../../test/fed-centre.ts";
import { openForWriting } from "../store/database.ts";
import { spanMs } from "./sample-spans.ts";
import type { Sample } from "./samples.ts";
import { timeseriesMigrations, timeseriesPath } from "./timeseries-database.ts";

const centres: FedCentre[] = [];
afterEach(() => {
  for (const fed of centres.splice(0)) fed.close();
});

const startMs = 1_795_000_200_000;
const minuteMs = 60_000;

/** A sample of a gateway: whether it is online, what waits in it, how much disk is left. */
const gateway = (online: number, pending: number | null, diskFree: number): Sample => ({
  name: "gateway",
  tags: [["gw", "gw-1"]],
  fields: [online, null, pending, null, diskFree],
});

const fedCentre = async (): Promise<FedCentre> => {
  const fed = new FedCentre();
  centres.push(fed);
  await fed.feed();
  return fed;
};

const spans = (fed: FedCentre) =>
  fed.server.of("gateway_10m").map(({ time, fields }) => [Number(time / 1_000_000n) - startMs, fields]);

describe("a feed of before there were such spans", () => {
  it("feeds everything anew, because its sums lack what is summed since; one that has fed nothing does not", () => {
    for (const [points, rebuild] of [
      [1, "1"],
      [0, undefined],
    ] as const) {
      const fed = new FedCentre();
      centres.push(fed);
      const path = timeseriesPath(fed.centre.directory);
      const before = openForWriting({ path, migrations: timeseriesMigrations.slice(0, 2) });
      if (points > 0) before.prepare("INSERT INTO point VALUES (1, 0, 1, 0, 0, '[]')").run();
      before.close();
      fed.open();
      expect(fed.stores.state.meta("rebuild")).toBe(rebuild);
    }
  });
});

describe("samples by ten minutes", () => {
  it("keep the mean, the least and the most, and say nothing of what no sample had", async () => {
    expect(startMs % spanMs).toBe(0);
    const fed = await fedCentre();
    fed.stores.spans.add(gateway(1, 5, 900), startMs);
    fed.stores.spans.add(gateway(0, null, 700), startMs + minuteMs);
    fed.stores.spans.add(gateway(1, 3, 800), startMs + 9 * minuteMs);
    fed.stores.spans.add(gateway(1, 8, 600), startMs + spanMs);
    await fed.feed();
    expect(spans(fed)).toEqual([
      [0, { online: 0.667, pending_records: 5, disk_free_bytes: 700 }],
      [spanMs, { online: 1, pending_records: 8, disk_free_bytes: 600 }],
    ]);
  });

  it("are summed where samples count what happened since the one before", async () => {
    const fed = await fedCentre();
    for (const records of [10, 0, 32]) {
      fed.stores.spans.add({ name: "ingest", tags: [], fields: [records] }, startMs);
    }
    await fed.feed();
    expect(fed.server.of("ingest_10m").map(({ fields }) => fields)).toEqual([{ records: 42 }]);
  });

  it("are written whole again as they grow, also while the server was away and after it lost them", async () => {
    const fed = await fedCentre();
    fed.stores.spans.add(gateway(1, 5, 900), startMs);
    await fed.feed();
    fed.server.isDown = true;
    fed.stores.spans.add(gateway(1, 6, 900), startMs + minuteMs);
    await expect(fed.feed()).rejects.toThrow("down");
    fed.server.isDown = false;
    await fed.feed();
    expect(spans(fed)).toEqual([[0, { online: 1, pending_records: 6, disk_free_bytes: 900 }]]);
    const since = fed.stores.spans.changesSince(startMs + minuteMs);
    expect(since).toBeLessThan(fed.stores.state.cursor("spans"));
    fed.server.points.clear();
    fed.stores.state.move("spans", since ?? Number.NaN);
    await fed.feed();
    expect(spans(fed)).toHaveLength(1);
  });

  it("stay until the server has them, and go after that", async () => {
    const fed = await fedCentre();
    fed.stores.spans.add(gateway(1, 5, 900), startMs);
    const later = startMs + 10 * spanMs;
    fed.stores.spans.tidy(later, fed.stores.state.cursor("spans"));
    await fed.feed();
    expect(spans(fed)).toHaveLength(1);
    fed.stores.spans.tidy(later, fed.stores.state.cursor("spans"));
    expect(fed.stores.spans.changesSince(0)).toBeUndefined();
  });
});
