import { readFileSync } from "node:fs";
import { MingchengError } from "@mingcheng/protocols";
import { parseDocument } from "yaml";
import { z } from "zod";
import { faultSchema } from "../../faults/fault-config.ts";
import type { ScaleSimulator, TesterSimulator } from "../devices/define-simulator.ts";
import { simulators } from "../devices/index.ts";
import { type SmartDeviceConfig, smartScaleSchema, smartTesterSchema } from "./smart-scenario.ts";

const ms = z.int().min(0).max(86_400_000);
const weight = z.string().regex(/^-?\d+(\.\d+)?$/, "a weight as decimal text in quotes");

const scaleStepSchema = z.discriminatedUnion("do", [
  z.strictObject({ do: z.literal("wait"), ms }),
  z.strictObject({
    do: z.literal("weigh"),
    value: weight,
    rampMs: ms.default(600),
    holdMs: ms.default(2000),
    restMs: ms.default(1500),
  }),
  z.strictObject({ do: z.literal("tare"), value: weight.nullable() }),
  z.strictObject({ do: z.literal("show"), state: z.enum(["overload", "underload", "not-zeroed"]), ms }),
  z.strictObject({ do: z.literal("unplug") }),
  z.strictObject({ do: z.literal("await-connection") }),
]);

const resultSchema = z.strictObject({
  specimenId: z.string().min(1),
  item: z.string().default(""),
  assay: z.string().default("OP-CARB"),
  value: z.string(),
  unit: z.string().default("%"),
  flags: z.string().default(""),
  completedAt: z
    .string()
    .regex(/^\d{8}(\d{4,6})?$/)
    .optional(),
});

const testerStepSchema = z.discriminatedUnion("do", [
  z.strictObject({ do: z.literal("wait"), ms }),
  z.strictObject({ do: z.literal("report"), results: z.array(resultSchema).min(1) }),
  z.strictObject({ do: z.literal("drain") }),
  z.strictObject({ do: z.literal("unplug") }),
  z.strictObject({ do: z.literal("await-connection") }),
]);

const common = {
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "lower case letters, digits and hyphens"),
  /** `tcp://host:port` (0: a free port) or `pty:/path`. */
  listen: z.string(),
  faults: z.array(faultSchema).default([]),
  /** Run the script again and again. */
  repeat: z.boolean().default(false),
};
const scaleSchema = ({ protocol, settingsSchema }: ScaleSimulator) =>
  z.strictObject({
    kind: z.literal(protocol),
    settings: settingsSchema.prefault({}),
    ...common,
    /** Frames per second. */
    rateHz: z.number().min(0.1).max(200).default(10),
    script: z.array(scaleStepSchema).default([]),
  });

const testerSchema = ({ protocol, settingsSchema }: TesterSimulator) =>
  z.strictObject({
    kind: z.literal(protocol),
    settings: settingsSchema.prefault({}),
    ...common,
    script: z.array(testerStepSchema).default([]),
  });

const deviceSchemas = simulators.map((simulator) =>
  simulator.deviceClass === "scale" ? scaleSchema(simulator) : testerSchema(simulator),
);

/** One device of a scenario, of whatever kind there is a simulator for. */
const deviceSchema = z.discriminatedUnion("kind", [
  smartScaleSchema,
  smartTesterSchema,
  ...(deviceSchemas as [(typeof deviceSchemas)[number]]),
]);

/** A scenario: simulated devices and what happens to them. */
export const scenarioSchema = z
  .strictObject({
    /** Same seed, same run. */
    seed: z.int().min(0).default(1),
    devices: z.array(deviceSchema).min(1).max(1000),
  })
  .refine(({ devices }) => new Set(devices.map(({ id }) => id)).size === devices.length, {
    path: ["devices"],
    message: "two devices have the same id",
  });

/** A scale of a scenario. */
export type ScaleDeviceConfig = z.output<ReturnType<typeof scaleSchema>>;
/** A tester of a scenario. */
export type TesterDeviceConfig = z.output<ReturnType<typeof testerSchema>>;
/** One device of a scenario. */
export type DeviceConfig = ScaleDeviceConfig | TesterDeviceConfig | SmartDeviceConfig;
/** A scenario as read. */
export type Scenario = z.output<typeof scenarioSchema>;
/** One step of a scale's script. */
export type ScaleStep = z.output<typeof scaleStepSchema>;
/** One step of a tester's script. */
export type TesterStep = z.output<typeof testerStepSchema>;

/**
 * Reads a scenario from YAML text; `name` is for messages.
 * @throws {MingchengError} CONFIG_INVALID naming the field
 */
export const parseScenario = (text: string, name: string): Scenario => {
  const document = parseDocument(text);
  const fault = document.errors[0];
  if (fault !== undefined) throw new MingchengError("CONFIG_INVALID", `${name}: ${fault.message}`);
  const read = scenarioSchema.safeParse(document.toJS());
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  throw new MingchengError("CONFIG_INVALID", `${name}: ${issue?.message ?? "invalid"}`, {
    field: issue?.path.join(".") ?? "",
  });
};

/**
 * Reads a scenario file.
 * @throws {MingchengError} CONFIG_INVALID
 */
export const loadScenario = (path: string): Scenario => {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new MingchengError("CONFIG_INVALID", `${path}: ${String(cause)}`, { field: "scenario", cause });
  }
  return parseScenario(text, path);
};
