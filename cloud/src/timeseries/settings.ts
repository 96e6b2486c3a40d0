import { z } from "zod";

const name = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
const file = z.string().min(1).max(4096);

const isServerUrl = (text: string): boolean => {
  try {
    const { protocol, username, password, search, hash } = new URL(text);
    return (protocol === "http:" || protocol === "https:") && `${username}${password}${search}${hash}` === "";
  } catch {
    return false;
  }
};

/** The section `timeseries` of the centre's configuration: the time series server that is fed. */
export const timeseriesSettings = z
  .strictObject({
    /** `v1`: `/write`, InfluxDB 1.x and what is compatible. `v2`: `/api/v2/write`, InfluxDB 2.x, 3.x and others. */
    api: z.enum(["v1", "v2"]),
    url: z
      .string()
      .max(512)
      .refine(isServerUrl, "an http or https address without user, password and query, e.g. http://127.0.0.1:8086"),
    /** InfluxDB 1.x: the database. 2.x: buckets are called `<database>/autogen` and `<database>/long`. */
    database: name.default("mingcheng"),
    /** v1 with authentication. */
    user: z.string().min(1).max(128).nullable().default(null),
    passwordFile: file.nullable().default(null),
    /** v2. */
    org: z.string().min(1).max(128).nullable().default(null),
    tokenFile: file.nullable().default(null),
    /** Days for which single events and samples are kept there. */
    keepDays: z.int().min(7).max(3_660).default(400),
    /** Days for which rollups are kept there; null: for ever. */
    keepRollupDays: z.int().min(30).max(36_600).nullable().default(null),
    /** How often everything is sampled. Dashboards take the newest sample of the last three minutes for what is so now. */
    sampleSeconds: z.int().min(1).max(60).default(60),
    /** Make database, retention policies or buckets at the start; false where an administrator does. */
    setUp: z.boolean().default(true),
    batchPoints: z.int().min(100).max(20_000).default(5_000),
    /** So much of what was accepted before a restart of the server is sent again after it. */
    overlapMinutes: z.int().min(1).max(1_440).default(10),
    /** Days whose hours are compared with the ledger after a restart of the server, and every six hours. */
    reconcileDays: z.int().min(1).max(400).default(7),
    /** How long one answer of the server may take. */
    timeoutMs: z.int().min(1_000).max(300_000).default(30_000),
  })
  .refine(({ user, passwordFile }) => (user === null) === (passwordFile === null), {
    message: "user and passwordFile belong together",
    path: ["passwordFile"],
  })
  .refine(({ api, user }) => api === "v1" || user === null, { message: "v2 takes a tokenFile", path: ["user"] })
  .refine(({ api, org }) => api === "v1" || org !== null, { message: "v2 needs the organisation", path: ["org"] });

export type TimeseriesSettings = z.output<typeof timeseriesSettings>;
