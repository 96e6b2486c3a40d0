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
const daySeconds = 86_400;

const whole = async (response: Response, what: string): Promise<string> => {
  const text = await response.text();
  if (!response.ok) throw new ServerUnavailable(`${what}: ${response.status} ${text.slice(0, 400)}`);
  return text;
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
    const shard = retention === "long" || (days ?? 0) > 180 ? "168h" : "24h";
    const of = `RETENTION POLICY "${retention}" ON "${database}" DURATION ${duration} REPLICATION 1 SHARD DURATION ${shard}`;
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

/** InfluxDB 2.x: buckets by its REST interface, and the mapping under which InfluxQL finds them. */
export const administrationV2 = (settings: TimeseriesSettings, ask: Ask): Administration => {
  const { database, org } = settings;
  const find = async (path: string, key: string): Promise<readonly Named[]> => {
    const text = await whole(await ask(path), key);
    return ((JSON.parse(text) as Record<string, readonly Named[]>)[key] ?? []) as readonly Named[];
  };
  const send = (path: string, method: string, body: object): Promise<Response> =>
    ask(path, { method, body: JSON.stringify(body), headers: { "content-type": "application/json" } });
  const bucket = async (orgID: string, retention: SeriesRetention): Promise<void> => {
    const name = `${database}/${retention}`;
    const days = daysOf(settings, retention);
    const retentionRules = [{ type: "expire", everySeconds: days === null ? 0 : days * daySeconds }];
    const [known] = await find(
      `/api/v2/buckets?org=${encodeURIComponent(org ?? "")}&name=${encodeURIComponent(name)}`,
      "buckets",
    );
    const made =
      known === undefined
        ? await send("/api/v2/buckets", "POST", { orgID, name, retentionRules })
        : await send(`/api/v2/buckets/${known.id}`, "PATCH", { retentionRules });
    const { id: bucketID } = JSON.parse(await whole(made, `bucket ${name}`)) as Named;
    const mapping = { orgID, bucketID, database, retention_policy: retention, default: retention === "autogen" };
    const mapped = await send("/api/v2/dbrps", "POST", mapping);
    await mapped.body?.cancel();
  };
  return {
    setUp: async () => {
      const [found] = await find(`/api/v2/orgs?org=${encodeURIComponent(org ?? "")}`, "orgs");
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
