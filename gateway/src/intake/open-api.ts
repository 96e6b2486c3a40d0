import { errorCatalogue } from "@mingcheng/protocols";
import {
  type IntakeChannel,
  intakeChannels,
  intakePath,
  intakeRefusedSchema,
  intakeTakenSchema,
} from "@mingcheng/protocols/intake";
import { z } from "zod";
import { software } from "../software.ts";
import { intakeExamples } from "./examples.ts";

type Json = Readonly<Record<string, unknown>>;

const summaries: Readonly<Record<IntakeChannel, readonly [zh: string, en: string]>> = {
  sales: ["销售、退货、作废", "A sale, a refund, or the voiding of a sale"],
  weighings: ["一次稳定的称重", "One settled load"],
  events: ["秤的事件：置零、去皮、标定……", "What happened to a scale: zero, tare, calibration …"],
  tests: ["一个快检结果", "One result of a rapid test"],
  heartbeats: ["心跳，不成为记录", "A sign of life; never a record"],
};

const nameOf: Readonly<Record<IntakeChannel, string>> = {
  sales: "Sale",
  weighings: "Weighing",
  events: "ScaleEvent",
  tests: "Test",
  heartbeats: "Heartbeat",
};

/** Schemas by name; what several share is said once. */
const schemas = (): Json => {
  const all: Record<string, unknown> = {};
  const add = (name: string, schema: z.ZodType, io: "input" | "output"): void => {
    const {
      $schema: _schema,
      $defs,
      id: _id,
      ...rest
    } = z.toJSONSchema(schema, {
      io,
      unrepresentable: "any",
    }) as Record<string, unknown>;
    Object.assign(all, $defs);
    all[name] = rest;
  };
  for (const [channel, schema] of Object.entries(intakeChannels)) {
    add(nameOf[channel as IntakeChannel], schema, "input");
  }
  add("Taken", intakeTakenSchema, "output");
  add("Refused", intakeRefusedSchema, "output");
  // Shared parts are named below `$defs` by the schema library, below `components` by OpenAPI.
  return JSON.parse(JSON.stringify(all).replaceAll("#/$defs/", "#/components/schemas/")) as Json;
};

const reply = (description: string, name: "Taken" | "Refused"): Json => ({
  description,
  content: { "application/json": { schema: { $ref: `#/components/schemas/${name}` } } },
});

const said = (code: keyof typeof errorCatalogue): string =>
  `${code}: ${errorCatalogue[code].zh} / ${errorCatalogue[code].en}`;

const operationOf = (channel: IntakeChannel): Json => {
  const [zh, en] = summaries[channel];
  const taken =
    channel === "heartbeats"
      ? { 200: reply("已收到，含网关时间 / heard, with the gateway's time", "Taken") }
      : {
          201: reply(
            "已落盘成为记录；同一消息再发，回答相同 / on disk as a record; the same message gets the same answer again",
            "Taken",
          ),
          409: reply(said("INTAKE_ID_REUSED"), "Refused"),
        };
  return {
    operationId: channel,
    summary: `${zh} / ${en}`,
    requestBody: {
      required: true,
      content: {
        "application/json": {
          schema: { $ref: `#/components/schemas/${nameOf[channel]}` },
          examples: Object.fromEntries(
            intakeExamples
              .filter((example) => example.channel === channel)
              .map(({ name, zh: title, en: inEnglish, message }) => [
                name,
                { summary: `${title} / ${inEnglish}`, value: message },
              ]),
          ),
        },
      },
    },
    responses: {
      ...taken,
      401: reply(said("INTAKE_UNAUTHORIZED"), "Refused"),
      403: reply(said("ACCESS_DENIED"), "Refused"),
      413: reply(said("INTAKE_TOO_LARGE"), "Refused"),
      422: reply(said("INTAKE_INVALID"), "Refused"),
      429: reply(`${said("INTAKE_LOCKED")}; ${said("RATE_LIMITED")}`, "Refused"),
      503: reply("没有存盘，稍后原样重发 / not stored: send the same message again after Retry-After", "Refused"),
    },
  };
};

/** The intake's HTTP interface as an OpenAPI 3.1 document, from the schemas that check the messages. */
export const intakeOpenApi = (): Json => ({
  openapi: "3.1.0",
  info: {
    title: "Mingcheng gateway LAN intake 明秤网关局域网接入",
    version: software.version,
    license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    description:
      "智能秤和检测终端的上报接口；MQTT 使用同样的消息体，主题见 docs/intake.md。 / For smart scales and testers; MQTT takes the same bodies, topics in docs/intake.md.",
  },
  servers: [{ url: "https://{gateway}:8443", variables: { gateway: { default: "192.168.8.1" } } }],
  security: [{ device: [] }],
  paths: Object.fromEntries(
    (Object.keys(intakeChannels) as IntakeChannel[]).map((channel) => [
      intakePath(channel),
      { post: operationOf(channel) },
    ]),
  ),
  components: {
    securitySchemes: {
      device: {
        type: "http",
        scheme: "basic",
        description:
          "设备编号和 mingcheng-gateway intake add 给出的密钥 / device id, and the secret that intake add printed",
      },
    },
    schemas: schemas(),
  },
});
