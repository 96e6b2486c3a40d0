import { lacksInflux, startRealInflux } from "../../test/real-influx.ts";
import { describeTimeSeries } from "../../test/time-series-contract.ts";
import { businessDays, startOfDay } from "../effective-time/business-day.ts";
import { PlaceFinder } from "../register/attribution/place-finder.ts";
import { EmbeddedTimeSeries } from "./embedded-time-series.ts";
import { openInfluxServer } from "./influx-server.ts";
import { InfluxTimeSeries } from "./influx-time-series.ts";
import { timeseriesSettings } from "./settings.ts";

const dayOf = businessDays("Asia/Shanghai");

describeTimeSeries("the embedded time series", {
  skip: false,
  open: ({ centre }) => {
    const places = new PlaceFinder({ database: () => centre.register, version: () => 1 });
    places.refresh();
    const series = new EmbeddedTimeSeries({
      snapshot: (read) => read(centre.projections),
      register: () => centre.register,
      places: () => places,
      startOfDay: (atMs) => startOfDay(dayOf, atMs),
    });
    return Promise.resolve({ series, close: () => undefined });
  },
});

describeTimeSeries(
  `the time series in InfluxDB${lacksInflux ? " [needs influxdb: apt-get install -y influxdb]" : ""}`,
  {
    skip: lacksInflux,
    open: async (fed) => {
      const influx = await startRealInflux();
      const settings = { api: "v1", url: influx.url, keepDays: 3_660 } as const;
      const server = await openInfluxServer(timeseriesSettings.parse(settings), () => Promise.resolve(""));
      const feed = fed.open(settings, server);
      while ((await feed.step()).more);
      const series = new InfluxTimeSeries({ server, sitesOf: ({ sites }) => [...sites] });
      return {
        series,
        close: async () => {
          server.close();
          await influx.stop();
        },
      };
    },
  },
);
