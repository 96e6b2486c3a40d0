import { z } from "zod";
import { mischiefs } from "../devices/smart-mischief.ts";

const ms = z.int().min(0).max(86_400_000);
const decimal = z.string().regex(/^\d+(\.\d+)?$/, "a weight as decimal text in quotes");
const probability = z.number().min(0).max(1).default(0);

const saleStep = {
  item: z.string().min(1).default("10086"),
  name: z.string().optional(),
  weight: decimal.optional(),
  unit: z.string().default("斤"),
  count: z.int().min(1).optional(),
  unitPriceFen: z.int().min(0).default(450),
  /** Left out: as an honest scale computes it. */
  amountFen: z.int().min(0).optional(),
  chosenBy: z.enum(["keyed", "plu-key", "barcode", "vision"]).default("vision"),
  stall: z.string().optional(),
  vendor: z.string().optional(),
  batch: z.string().optional(),
};

const common = [
  z.strictObject({ do: z.literal("wait"), ms }),
  z.strictObject({ do: z.literal("drain") }),
  z.strictObject({ do: z.literal("unplug") }),
  z.strictObject({ do: z.literal("heartbeat") }),
  z.strictObject({ do: z.literal("misbehave"), how: z.enum(mischiefs) }),
] as const;

const smartScaleStep = z.discriminatedUnion("do", [
  ...common,
  z
    .strictObject({ do: z.literal("sell"), ...saleStep })
    .refine(({ weight, count }) => (weight === undefined) !== (count === undefined), {
      path: ["weight"],
      message: "weight or count, one of them",
    }),
  /** Takes the last sale back. */
  z.strictObject({ do: z.literal("refund") }),
  z.strictObject({ do: z.literal("void") }),
  z.strictObject({ do: z.literal("weigh"), value: decimal, unit: z.string().default("公斤") }),
  z.strictObject({
    do: z.literal("event"),
    event: z.enum(["zero", "tare", "calibration", "seal-broken", "power-on"]),
    detail: z.string().optional(),
  }),
]);

const smartTesterStep = z.discriminatedUnion("do", [
  ...common,
  z.strictObject({
    do: z.literal("report"),
    results: z
      .array(
        z.strictObject({
          specimenId: z.string().min(1),
          item: z.string().default("韭菜"),
          assay: z.string().default("inhibition"),
          value: z.string(),
          unit: z.string().default("%"),
        }),
      )
      .min(1),
  }),
]);

const deviceOf = <Kind extends string, Step extends z.ZodType>(kind: Kind, step: Step) =>
  z.strictObject({
    kind: z.literal(kind),
    id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "lower case letters, digits and hyphens"),
    /** The gateway's listener: `http://`, `https://`, `mqtt://` or `mqtts://`. */
    url: z.string().regex(/^(https?|mqtts?):\/\/[^/]+$/, "http, https, mqtt or mqtts, an address and a port"),
    /** What `mingcheng-gateway intake add` printed. */
    secret: z.string(),
    /** Certificate of the gateway, PEM, for https and mqtts. */
    caFile: z.string().optional(),
    faults: z
      .strictObject({ duplicate: probability, reorder: probability, cut: probability, garbage: probability })
      .prefault({}),
    repeat: z.boolean().default(false),
    script: z.array(step).default([]),
  });

/** A smart scale of a scenario. */
export const smartScaleSchema = deviceOf("smart-scale", smartScaleStep);
/** A smart tester of a scenario. */
export const smartTesterSchema = deviceOf("smart-tester", smartTesterStep);

export type SmartDeviceConfig = z.output<typeof smartScaleSchema> | z.output<typeof smartTesterSchema>;
export type SmartStep = SmartDeviceConfig["script"][number];
