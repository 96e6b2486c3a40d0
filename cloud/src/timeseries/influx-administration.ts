import type { SeriesRetention } from "@mingcheng/protocols";
import { ServerUnavailable } from "./series-server.ts";
import type { TimeseriesSettings } from "./settings.ts";

/** What is different between 1.x and 2.x beside the writing. */
export interface Administration {
  setUp(): Promise<void>;
  remove(measurement: string, retention: SeriesRetention, fromMs: number, toMs: number): Promise<boolean>;
}

type Ask = (path: string, init?: RequestInit) => Promise<Response>;

const dayHours = 24;
const hourSeconds = 3_600;
const daySeconds = dayHours * hourSeconds;

const whole = async (response: Response, what: string): Promise<string> => {
  const text = await response.text();
  if (!response.ok) throw new ServerUnavailable(`${what}: ${response.status} ${text.slice(0, 400)}`);
  return text;
};

/**
 * So many hours lie in one shard of a policy that keeps so many days (null: for ever). Every series that a query reads costs time
 * in every shard that it reads: with a shard a week, a year of 360 scales takes ten times as long as with a shard a year. A shard is
 * let go of as a whole, so that it is short where little is kept.
 */
const shardHoursOf = (days: number | null): number => {
  if (days === null || days >= 3 * 364) return 364 * dayHours;
  if (days >= 180) return 28 * dayHours;
  return days >= 30 ? 7 * dayHours : dayHours;
};

const daysOf = ({ keepDays, keepRollupDays }: TimeseriesSettings, retention: SeriesRetention): number | null =>
  retention === "autogen" ? keepDays : keepRollupDays;

/** InfluxDB 1.x: statements of InfluxQL. */
export const administrationV1 = (settings: TimeseriesSettings, ask: Ask): Administration => {
  const { database } = settings;
  const run = async (statement: string): Promise<void> => {
    const asked = `/query?db=${encodeURIComponent(database)}`;
    const text = await whole(
      await ask(asked, { method: "POST", body: new URLSearchParams({ q: statement }) }),
      statement.split(" ").slice(0, 3).join(" "),
    );
    const { results = [] } = JSON.parse(text) as { results?: { error?: string }[] };
    const error = results.find((result) => result.error !== undefined)?.error;
    if (error !== undefined) throw new ServerUnavailable(`${statement}: ${error}`);
  };
  const policy = async (retention: SeriesRetention, isDefault: boolean): Promise<void> => {
    const days = daysOf(settings, retention);
    const duration = days === null ? "INF" : `${days * dayHours}h`;
    const shard = `REPLICATION 1 SHARD DURATION ${shardHoursOf(days)}h`;
    const of = `RETENTION POLICY "${retention}" ON "${database}" DURATION ${duration} ${shard}`;
    const last = isDefault ? " DEFAULT" : "";
    await run(`CREATE ${of}${last}`).catch(() => undefined);
    await run(`ALTER ${of}${last}`);
  };
  return {
    setUp: async () => {
      await run(`CREATE DATABASE "${database}"`);
      await policy("autogen", true);
      await policy("long", false);
    },
    remove: async (measurement, _retention, fromMs, toMs) => {
      // 1.x removes from all policies of a database; a measurement is in one of them only.
      await run(`DELETE FROM "${measurement}" WHERE time >= ${fromMs}ms AND time < ${toMs}ms`);
      return true;
    },
  };
};

interface Named {
  readonly id: string;
  readonly name: string;
}

interface Mapping {
  readonly bucketID: string;
  readonly virtual?: boolean;
}

/** InfluxDB 2.x: buckets by its REST interface, and the mapping under which InfluxQL finds them. */
export const administrationV2 = (settings: TimeseriesSettings, ask: Ask): Administration => {
  const { database, org } = settings;
  const find = async <Found extends object>(path: string, key: string): Promise<readonly Found[]> => {
    const response = await ask(path);
    // Asked for a name that it does not have, InfluxDB 2 answers 404, not an empty list.
    const isUnknown = response.status === 404;
    const text = isUnknown ? await response.text() : await whole(response, key);
    return isUnknown ? [] : ((JSON.parse(text) as Record<string, readonly Found[]>)[key] ?? []);
  };
  const send = (path: string, method: string, body: object): Promise<Response> =>
    ask(path, { method, body: JSON.stringify(body), headers: { "content-type": "application/json" } });
  const bucket = async (orgID: string, retention: SeriesRetention): Promise<void> => {
    const name = `${database}/${retention}`;
    const days = daysOf(settings, retention);
    const shardGroupDurationSeconds = shardHoursOf(days) * hourSeconds;
    const everySeconds = days === null ? 0 : days * daySeconds;
    const retentionRules = [{ type: "expire", everySeconds, shardGroupDurationSeconds }];
    const named = `/api/v2/buckets?org=${encodeURIComponent(org ?? "")}&name=${encodeURIComponent(name)}`;
    const known = (await find<Named>(named, "buckets")).find((found) => found.name === name);
    const made =
      known === undefined
        ? await send("/api/v2/buckets", "POST", { orgID, name, retentionRules })
        : await send(`/api/v2/buckets/${known.id}`, "PATCH", { retentionRules });
    const { id: bucketID } = JSON.parse(await whole(made, `bucket ${name}`)) as Named;
    await map(orgID, bucketID, retention);
  };
  /** InfluxQL finds a bucket by a mapping; one that InfluxDB makes up by the bucket's name (`virtual`) is nobody's default. */
  const map = async (orgID: string, bucketID: string, retention: SeriesRetention): Promise<void> => {
    const of = `orgID=${orgID}&db=${encodeURIComponent(database)}&rp=${retention}`;
    const known = await find<Mapping>(`/api/v2/dbrps?${of}`, "content");
    if (known.some((mapping) => mapping.bucketID === bucketID && mapping.virtual !== true)) return;
    const mapping = { orgID, bucketID, database, retention_policy: retention, default: retention === "autogen" };
    await whole(await send("/api/v2/dbrps", "POST", mapping), `mapping of ${database}/${retention}`);
  };
  return {
    setUp: async () => {
      const [found] = await find<Named>(`/api/v2/orgs?org=${encodeURIComponent(org ?? "")}`, "orgs");
      if (found === undefined) throw new ServerUnavailable(`organisation ${org ?? ""}: not found`);
      await bucket(found.id, "autogen");
      await bucket(found.id, "long");
    },
    remove: async (measurement, retention, fromMs, toMs) => {
      const path = `/api/v2/delete?org=${encodeURIComponent(org ?? "")}&bucket=${encodeURIComponent(`${database}/${retention}`)}`;
      const span = {
        start: new Date(fromMs).toISOString(),
        stop: new Date(toMs).toISOString(),
      };
      const response = await send(path, "POST", { ...span, predicate: `_measurement="${measurement}"` });
      await response.body?.cancel();
      return response.ok;
    },
  };
};
