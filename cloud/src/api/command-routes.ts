import { isCode, type UserRole } from "@mingcheng/protocols";
import {
  type ConfigurationStanding,
  commandAnswerSchema,
  commandListSchema,
  commandRequestSchema,
  configurationRequestSchema,
  configurationStandingSchema,
} from "@mingcheng/protocols/commands";
import { z } from "zod";
import type { Audit } from "../audit/audit-event.ts";
import { bundleContentOf } from "../commanding/bundle-shelf.ts";
import { OrderDesk, type Ordering } from "../commanding/order-desk.ts";
import { OrderStore } from "../commanding/order-store.ts";
import { orderView } from "../commanding/order-view.ts";
import { GatewayRegister } from "../register/gateway-register.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { ApiFailure } from "./api-failure.ts";
import { type ApiRoute, defineRoute, whoOf } from "./api-route.ts";

/** What the routes about commands work with. */
export interface CommandRoutePorts {
  /** A connection that may write. */
  readonly register: SqliteDatabase;
  readonly audit: Audit;
  readonly dataDirectory: string;
  readonly nowMs: () => number;
}

/** A command reaches into a market's box: for those who run the centre, and for those who check them to see. */
const orderers: readonly UserRole[] = ["centre", "administrator"];
const readers: readonly UserRole[] = ["centre", "administrator", "auditor"];

const pathSchema = z.strictObject({ gw: z.string().max(64) });
/** Which command, of which gateway. */
export const commandPathSchema = z.strictObject({ gw: z.string().max(64), command: z.string().max(64) });
const shownOrders = 100;

/** What is not there is not found, whatever the reason. @throws {ApiFailure} NOT_FOUND */
export const found = <Result>(body: () => Result): Result => {
  try {
    return body();
  } catch (error) {
    const isMissing = isCode(error, "GATEWAY_UNKNOWN") || (isCode(error, "INPUT_INVALID") && error.field === "command");
    if (isMissing) throw new ApiFailure("NOT_FOUND", "there is no such gateway or command");
    throw error;
  }
};

const standingOf = (store: OrderStore, gw: string): ConfigurationStanding => {
  const desired = store.newest(gw, "configuration");
  const { reportedMs, reportedVersion: version, reportedCseq: cseq } = store.sequence(gw);
  const reported = reportedMs === null ? null : { version, cseq, at: new Date(reportedMs).toISOString() };
  return { gw, desired: desired === undefined ? null : orderView(desired), reported };
};

const orderRoutes = (ports: CommandRoutePorts, store: OrderStore): ApiRoute[] => {
  const desk = new OrderDesk(ports.register, ports.audit);
  const orderingOf = (
    call: Parameters<typeof whoOf>[0],
    gw: string,
    { ttlMs, note }: { readonly ttlMs: number; readonly note: string },
  ): Ordering => {
    const { actor, address } = whoOf(call);
    return { gw, by: actor, address: address ?? null, note, ttlMs, nowMs: ports.nowMs() };
  };
  const answer = (gw: string, id: string) => ({ command: orderView(store.one(gw, id)) });
  return [
    defineRoute({
      method: "POST",
      path: "/api/v1/gateways/:gw/commands",
      summary: { zh: "向网关下发命令", en: "Order a command to a gateway" },
      access: orderers,
      scope: "centre",
      params: pathSchema,
      body: commandRequestSchema,
      answer: commandAnswerSchema,
      handle: (call) => {
        const { gw } = call.params;
        const { kind, body } = call.body;
        return answer(
          gw,
          found(() => desk.command(kind, body, orderingOf(call, gw, call.body))),
        );
      },
    }),
    defineRoute({
      method: "POST",
      path: "/api/v1/gateways/:gw/configuration",
      summary: { zh: "更改网关配置", en: "Change a gateway's configuration" },
      access: orderers,
      scope: "centre",
      params: pathSchema,
      body: configurationRequestSchema,
      answer: commandAnswerSchema,
      handle: (call) => {
        const { gw } = call.params;
        return answer(
          gw,
          found(() => desk.configure(call.body.settings, orderingOf(call, gw, call.body))),
        );
      },
    }),
  ];
};

/** Commands and configurations of gateways: what was ordered, by whom, and what became of it. */
export const commandRoutes = (ports: CommandRoutePorts): ApiRoute[] => {
  const store = new OrderStore(ports.register);
  const known = (gw: string): string => found(() => new GatewayRegister(ports.register).gateway(gw)).gw;
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/gateways/:gw/commands",
      summary: { zh: "下发给网关的命令和结果", en: "Commands of a gateway and what became of them" },
      access: readers,
      scope: "centre",
      params: pathSchema,
      answer: commandListSchema,
      handle: ({ params }) => {
        const gw = known(params.gw);
        return { gw, commands: store.of(gw, shownOrders).map(orderView) };
      },
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/gateways/:gw/configuration",
      summary: { zh: "网关配置：期望与实际", en: "A gateway's configuration: desired and reported" },
      access: readers,
      scope: "centre",
      params: pathSchema,
      answer: configurationStandingSchema,
      handle: ({ params }) => standingOf(store, known(params.gw)),
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/gateways/:gw/commands/:command/bundle",
      summary: { zh: "诊断包", en: "The bundle of a diagnostics command" },
      access: readers,
      scope: "centre",
      params: commandPathSchema,
      answer: z.record(z.string(), z.unknown()),
      handle: ({ params: { gw, command } }) => {
        const { id } = found(() => store.one(known(gw), command));
        return bundleContentOf(ports.dataDirectory, id);
      },
    }),
    ...orderRoutes(ports, store),
  ];
};
