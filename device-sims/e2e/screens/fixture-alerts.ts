import { createHash } from "node:crypto";
import {
  type Account,
  type AlertDetail,
  type AlertView,
  pictureQuerySchema,
  type SilenceView,
  silenceRequestSchema,
} from "@mingcheng/protocols/api";
import { errorOf } from "./errors-of.ts";
import { sampleRecord } from "./sample-alerts.ts";

/** What the fixture knows of alerts; tests change it while a page looks at it. */
export interface FixtureAlerts {
  details: AlertDetail[];
  silences: SilenceView[];
  /** By digest. */
  readonly pictures: Map<string, Buffer>;
}

/** One request of somebody who is signed in. */
export interface FixtureRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, string>>;
  /** The body as it came. */
  readonly bytes: Buffer;
  readonly account: Account;
  readonly asOf: string;
}

/** Status and answer; undefined: not a request about alerts. */
export type FixtureAnswer = readonly [status: number, answer: unknown] | undefined;

const isOpen = ({ state }: AlertView): boolean => state !== "resolved" && state !== "closed";

const isMine = ({ user, role, officer }: Account, { acknowledged, state, duty, owner }: AlertView): boolean => {
  if (state !== "firing" && state !== "acknowledged") return false;
  if (acknowledged !== null) return acknowledged.by === user;
  if (officer) return duty?.officers.some(({ code }) => code === officer.code) === true;
  return owner === `role:${role}` || owner === `user:${user}`;
};

const list = ({ details }: FixtureAlerts, { query, asOf, account }: FixtureRequest): FixtureAnswer => {
  const all = details.map(({ alert }) => alert);
  const count = (state: string): number => all.filter((alert) => alert.state === state).length;
  const isAsked = (alert: AlertView): boolean => query.get("for") !== "me" || isMine(account, alert);
  const alerts = all.filter((alert) => isAsked(alert) && (query.get("state") === "all" || isOpen(alert)));
  const counts = { firing: count("firing"), acknowledged: count("acknowledged"), handled: count("handled") };
  return [200, { asOf, ...counts, alerts: alerts.slice(0, Number(query.get("limit"))) }];
};

const acts: Readonly<Record<string, { readonly to: AlertView["state"]; readonly reason: string }>> = {
  acknowledge: { to: "acknowledged", reason: "acknowledged" },
  handle: { to: "handled", reason: "handled" },
  close: { to: "closed", reason: "closed" },
  reopen: { to: "firing", reason: "reopened" },
};

const act = (detail: AlertDetail, name: string, { account, asOf, body }: FixtureRequest): FixtureAnswer => {
  const wanted = acts[name];
  const { alert, history } = detail;
  if (name === "arrive" && alert.duty) {
    alert.duty.arrived = { by: account.user, at: asOf };
    history.push({
      at: asOf,
      from: alert.state,
      to: alert.state,
      reason: "arrived",
      actor: account.user,
      lsn: null,
      detail: {},
    });
    return [200, { outcome: "done", alert }];
  }
  if (wanted === undefined) return [404, errorOf("NOT_FOUND")];
  const isDone = name === "acknowledge" ? alert.acknowledged !== null : name === "handle" && alert.state === "handled";
  if (isDone) return [200, { outcome: "already", alert, first: alert.acknowledged }];
  history.push({
    ...{ at: asOf, from: alert.state, to: wanted.to, reason: wanted.reason, actor: account.user, lsn: null },
    detail: { ...body },
  });
  alert.state = wanted.to;
  alert.acknowledged = wanted.to === "firing" ? null : (alert.acknowledged ?? { by: account.user, at: asOf });
  alert.endedAt = isOpen(alert) ? null : asOf;
  return [200, { outcome: "done", alert }];
};

const silences = (state: FixtureAlerts, request: FixtureRequest): FixtureAnswer => {
  const { method, path, body, account, asOf } = request;
  if (account.role === "operator" || account.role === "inspector") return [403, errorOf("ACCESS_DENIED")];
  if (method === "GET") return [200, { asOf, silences: state.silences }];
  const ended = state.silences.find(({ id }) => path === `/api/v1/silences/${id}/end`);
  if (ended !== undefined) {
    Object.assign(ended, { active: false, ended: { by: account.user, at: asOf } });
    return [200, ended];
  }
  const asked = silenceRequestSchema.parse(body);
  const made: SilenceView = {
    ...{ id: state.silences.length + 1, matchers: asked.matchers, from: asOf, to: asked.to, by: account.user },
    ...{ comment: asked.comment, madeAt: asOf, ended: null, active: true },
  };
  state.silences.unshift(made);
  return [200, made];
};

const pictures = (state: FixtureAlerts, { history, alert }: AlertDetail, request: FixtureRequest): FixtureAnswer => {
  const { method, path, query, bytes, account, asOf } = request;
  if (method === "GET") {
    const found = state.pictures.get(path.split("/").at(-1) ?? "");
    return found === undefined ? [404, errorOf("NOT_FOUND")] : [200, found];
  }
  const { sha256, takenAt } = pictureQuerySchema.parse(Object.fromEntries(query));
  if (createHash("sha256").update(bytes).digest("hex") !== sha256) return [400, errorOf("INPUT_INVALID")];
  if (state.pictures.has(sha256)) return [200, { outcome: "already", sha256, receivedAt: asOf }];
  state.pictures.set(sha256, bytes);
  history.push({
    ...{ at: asOf, from: alert.state, to: alert.state, reason: "picture-added", actor: account.user, lsn: null },
    detail: { sha256, type: "image/png", bytes: bytes.length, takenAt },
  });
  return [200, { outcome: "done", sha256, receivedAt: asOf }];
};

/** Answers what is asked about alerts, as the centre does. */
export const answerAlerts = (state: FixtureAlerts, request: FixtureRequest): FixtureAnswer => {
  const { method, path, query } = request;
  if (method === "GET" && path === "/api/v1/alerts") return list(state, request);
  if (method === "GET" && path === "/api/v1/records") {
    const lsn = Number(query.get("after")) + 1;
    const record = sampleRecord({ lsn, gw: query.get("gateway") ?? "", dev: query.get("device") ?? "" });
    return [200, { records: [record], next: null, lsn, head: lsn }];
  }
  if (path.startsWith("/api/v1/silences")) return silences(state, request);
  const [, id, name] = /^\/api\/v1\/alerts\/([^/]+)(?:\/([a-z]+)(?:\/\w+)?)?$/.exec(path) ?? [];
  if (id === undefined) return undefined;
  const detail = state.details.find(({ alert }) => alert.id === decodeURIComponent(id));
  if (detail === undefined) return [404, errorOf("NOT_FOUND")];
  if (name === "pictures") return pictures(state, detail, request);
  if (method === "GET" && name === undefined) return [200, detail];
  return method === "POST" && name !== undefined ? act(detail, name, request) : undefined;
};
