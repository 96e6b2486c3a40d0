import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** What a bucket keeps, as InfluxDB 2 says it. */
export interface RetentionRule {
  readonly type: "expire";
  /** 0: for ever. */
  readonly everySeconds: number;
  readonly shardGroupDurationSeconds?: number;
}

interface Bucket {
  readonly id: string;
  readonly orgID: string;
  readonly name: string;
  retentionRules: readonly RetentionRule[];
}

interface Mapping {
  readonly id: string;
  readonly orgID: string;
  readonly bucketID: string;
  readonly database: string;
  readonly retention_policy: string;
  readonly default: boolean;
  readonly virtual?: true;
}

/** A request as it came. */
interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: string;
}

type Answer = readonly [status: number, body?: object];

const refusal = (status: number, code: string, message: string): Answer => [status, { code, message }];

/** The body as an object with these keys and no others; undefined when it is not that. Keys with `?` may be missing. */
const objectWith = (body: string, keys: readonly string[]): Readonly<Record<string, unknown>> | undefined => {
  const parsed = JSON.parse(body) as Record<string, unknown>;
  const known = new Set(keys.map((key) => key.replace("?", "")));
  const isWhole = keys.every((key) => key.endsWith("?") || parsed[key] !== undefined);
  return isWhole && Object.keys(parsed).every((key) => known.has(key)) ? parsed : undefined;
};

/**
 * As much of InfluxDB 2.7 as the feed uses, strict about it: paths, query, token, bodies and statuses of its OpenAPI description
 * (orgs, buckets, dbrps, write, delete, ping, metrics). What it is not asked for by the description it refuses.
 */
export class FakeInflux2 {
  readonly token = "t0ken==";
  readonly org = { id: "0a00000000000001", name: "mingcheng" } as const;
  readonly buckets: Bucket[] = [];
  readonly mappings: Mapping[] = [];
  readonly asked: Asked[] = [];
  readonly written: { readonly bucket: string; readonly lines: readonly string[] }[] = [];
  readonly deleted: { readonly bucket: string; readonly start: string; readonly stop: string; predicate?: string }[] =
    [];
  /** Nobody may make mappings. */
  refusesMappings = false;
  #ids = 0;
  readonly #server = createServer((request, response) => {
    void this.#answer(request).then(([status, body]) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    });
  });

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://influx");
    const body = Buffer.concat(chunks).toString("utf8");
    const asked = { method: request.method ?? "", path: pathname, query: Object.fromEntries(searchParams), body };
    this.asked.push(asked);
    if (pathname === "/ping") return [204];
    if (pathname === "/metrics") return [200, {}];
    if (request.headers.authorization !== `Token ${this.token}`) {
      return refusal(401, "unauthorized", "unauthorized access");
    }
    return this.#authorized(asked, request.headers["content-type"] ?? "");
  }

  #authorized(asked: Asked, type: string): Answer {
    const { method, path } = asked;
    const isJson = type.startsWith("application/json");
    if (method !== "GET" && path !== "/api/v2/write" && !isJson) return refusal(415, "invalid", "not application/json");
    switch (`${method} ${path.replace(/(buckets)\/.+/, "$1/{id}")}`) {
      case "GET /api/v2/orgs":
        return asked.query["org"] === this.org.name ? [200, { orgs: [this.org] }] : this.#unknown("organization name");
      case "GET /api/v2/buckets":
        return this.#find(asked);
      case "POST /api/v2/buckets":
        return this.#makeBucket(asked);
      case "PATCH /api/v2/buckets/{id}":
        return this.#changeBucket(asked);
      case "GET /api/v2/dbrps":
        return [200, { content: this.#mapped(asked) }];
      case "POST /api/v2/dbrps":
        return this.#makeMapping(asked);
      case "POST /api/v2/write":
        return this.#write(asked);
      case "POST /api/v2/delete":
        return this.#delete(asked);
      default:
        return refusal(404, "not found", "path not found");
    }
  }

  #unknown(what: string): Answer {
    return refusal(404, "not found", `${what} not found`);
  }

  #find({ query }: Asked): Answer {
    if (query["org"] !== this.org.name) return this.#unknown("organization name");
    const found = this.buckets.filter(({ name }) => name === query["name"]);
    return found.length === 0 ? this.#unknown(`bucket "${query["name"] ?? ""}"`) : [200, { buckets: found }];
  }

  #makeBucket({ body }: Asked): Answer {
    const parsed = objectWith(body, ["orgID", "name", "retentionRules", "description?", "rp?", "schemaType?"]);
    if (parsed === undefined || parsed["orgID"] !== this.org.id) return refusal(400, "invalid", "invalid bucket");
    if (this.buckets.some(({ name }) => name === parsed["name"])) return refusal(422, "conflict", "bucket exists");
    const bucket = { id: this.#id(), ...(parsed as Pick<Bucket, "orgID" | "name" | "retentionRules">) };
    this.buckets.push(bucket);
    return [201, bucket];
  }

  #changeBucket({ path, body }: Asked): Answer {
    const bucket = this.buckets.find(({ id }) => path.endsWith(`/${id}`));
    const parsed = objectWith(body, ["name?", "description?", "retentionRules?"]);
    if (bucket === undefined) return this.#unknown("bucket");
    if (parsed === undefined) return refusal(400, "invalid", "invalid change");
    bucket.retentionRules = parsed["retentionRules"] as readonly RetentionRule[];
    return [200, bucket];
  }

  /** Made ones, and those that it makes up by the names of buckets. */
  #mapped({ query }: Asked): Mapping[] {
    const virtual = this.buckets.map(({ id, orgID, name }): Mapping => {
      const [database = "", policy = "autogen"] = name.split("/");
      const of = { id, orgID, bucketID: id, database, retention_policy: policy, virtual: true } as const;
      return { ...of, default: !this.mappings.some(({ bucketID }) => bucketID === id) };
    });
    return [...this.mappings, ...virtual].filter(
      ({ orgID, database, retention_policy: policy }) =>
        orgID === query["orgID"] && database === query["db"] && policy === query["rp"],
    );
  }

  #makeMapping({ body }: Asked): Answer {
    if (this.refusesMappings) return refusal(403, "forbidden", "insufficient permissions");
    const parsed = objectWith(body, ["orgID?", "org?", "bucketID", "database", "retention_policy", "default?"]);
    if (parsed === undefined || parsed["orgID"] !== this.org.id) return refusal(400, "invalid", "invalid mapping");
    const wanted = parsed as unknown as Omit<Mapping, "id">;
    const isTaken = this.mappings.some(
      ({ database, retention_policy: policy }) => database === wanted.database && policy === wanted.retention_policy,
    );
    if (isTaken) return refusal(422, "conflict", "another DBRP mapping with same orgID, db, and rp exists");
    const mapping = { ...wanted, id: this.#id() };
    this.mappings.push(mapping);
    return [201, mapping];
  }

  #write({ query, body }: Asked): Answer {
    const bucket = this.buckets.find(({ name }) => name === query["bucket"]);
    if (query["org"] !== this.org.name || bucket === undefined) return this.#unknown(`bucket "${query["bucket"]}"`);
    if (query["precision"] !== "ns") return refusal(400, "invalid", "precision");
    if (!body.split("\n").every((line) => /^\S+ \S.* \d+$/.test(line)))
      return refusal(400, "invalid", "unable to parse");
    this.written.push({ bucket: bucket.name, lines: body.split("\n") });
    return [204];
  }

  #delete({ query, body }: Asked): Answer {
    const parsed = objectWith(body, ["start", "stop", "predicate?"]);
    const bucket = this.buckets.find(({ name }) => name === query["bucket"]);
    if (query["org"] !== this.org.name || bucket === undefined) return this.#unknown("bucket");
    const isTime = (text: unknown): boolean => typeof text === "string" && !Number.isNaN(Date.parse(text));
    if (parsed === undefined || !isTime(parsed["start"]) || !isTime(parsed["stop"])) {
      return refusal(400, "invalid", "invalid request");
    }
    this.deleted.push({ bucket: bucket.name, ...(parsed as { start: string; stop: string; predicate?: string }) });
    return [204];
  }

  #id(): string {
    return `0b${String(++this.#ids).padStart(14, "0")}`;
  }
}
