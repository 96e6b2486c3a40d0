import type { wallTexts as zh } from "../zh/wall.ts";

/** What the wall says, in English. */
export const wallTexts: typeof zh = {
  wall: {
    title: "Command wall",
    alerts: "Needs somebody",
    more: "{n} more",
    waiting: "Alerts to take over",
    oldest: "oldest waiting {span}",
    stale: "as of {time}, nothing new for {span}",
    positives: "{n} to be confirmed",
    sites: "Markets",
    site: "Market",
    online: "Online",
    weighings: "Weighed",
    tests: "Tested",
    open: "Alerts",
    moreSites: "{n} more markets",
    meanings: { normal: "all well", attention: "has alerts", alarm: "has an alarm", unknown: "not heard" },
    testsByHour: "Rapid tests by hour",
    weighingsByHour: "Weighings by hour",
    chart: "{title}, at most {most} in an hour",
  },
};
