import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import { ApiFailure } from "../api/api-failure.ts";
import type { ApiRoute } from "../api/api-route.ts";
import { sessionToken } from "../api/session-cookie.ts";
import { Cover } from "../users/cover.ts";

const checked = (schema: z.ZodType | undefined, value: unknown, part: string): unknown => {
  if (schema === undefined) return undefined;
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.code === "unrecognized_keys" ? [...issue.path, issue.keys[0] ?? ""] : (issue?.path ?? []);
  throw new ApiFailure("INPUT_INVALID", issue?.message ?? "", { field: [part, ...path.map(String)].join(".") });
};

const compress = promisify(gzip);
/** Smaller answers are sent as they are. */
const compressAboveBytes = 8 * 1024;
/** Many readers get the same answer: it is written and compressed once. */
const written = new WeakMap<object, { readonly text: string; packed?: Promise<Buffer> }>();

const send = async (request: FastifyRequest, reply: FastifyReply, answer: unknown): Promise<FastifyReply> => {
  reply.header("cache-control", "no-store").type("application/json; charset=utf-8");
  if (typeof answer !== "object" || answer === null) return reply.send(JSON.stringify(answer));
  const known = written.get(answer) ?? { text: JSON.stringify(answer) };
  written.set(answer, known);
  const accepts = /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
  if (!accepts || known.text.length < compressAboveBytes) return reply.send(known.text);
  known.packed ??= compress(known.text, { level: 3 });
  return reply
    .header("content-encoding", "gzip")
    .header("vary", "accept-encoding")
    .send(await known.packed);
};

const serve = (route: ApiRoute) => async (request: FastifyRequest, reply: FastifyReply) => {
  const answer = await route.handle({
    query: checked(route.query, request.query, "query"),
    body: checked(route.body, request.body, "body"),
    params: checked(route.params, request.params, "path"),
    session: request.session,
    token: request.session === null ? null : sessionToken(request),
    cover: request.session?.cover ?? Cover.nothing,
    request,
    reply,
  });
  if (typeof route.answer === "string") return reply;
  return send(request, reply, answer);
};

/** Serves routes of the API: input checked by their schemas, answers never stored by browsers. */
export const serveApi = (app: FastifyInstance, routes: readonly ApiRoute[]): void => {
  const uploads = new Set(routes.flatMap(({ upload }) => upload?.types ?? []));
  // Bounded by the route's own limit, which is small where nothing is uploaded.
  app.addContentTypeParser([...uploads], { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  for (const route of routes) {
    const { method, path: url, access, scope, display = false, perMinute, upload } = route;
    const rateLimit = perMinute === undefined ? {} : { rateLimit: { max: perMinute, timeWindow: 60_000 } };
    const bodyLimit = upload === undefined ? {} : { bodyLimit: upload.maxBytes };
    app.route({ method, url, ...bodyLimit, config: { access, scope, display, ...rateLimit }, handler: serve(route) });
  }
};
