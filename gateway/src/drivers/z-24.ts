import { formatDecimal, multiplyDecimal, parseDecimal, trimDecimal } from "@mingcheng/protocols";
import { type ResultEvent, tyIdentify, tyRead, tyReadNext, z24 } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { assaysOption } from "./assay-config.ts";
import { defineDriver } from "./define-driver.ts";
import { testerPollOptions } from "./tester-config.ts";
import { createTesterSession } from "./tester-session.ts";
import { createTyRound } from "./ty-round.ts";

const z24ConfigSchema = z.strictObject({
  ...testerPollOptions(30_000),
  resultIs: z
    .enum(["fraction", "percent"])
    .default("fraction")
    .describe(
      "仪器发送的抑制率：fraction 为 0 到 1 的小数（厂家软件乘以 100），percent 为百分数 / what the meter sends: a fraction of 1 (the maker's software multiplies by 100), or percent.",
    ),
  assays: assaysOption([{ code: "inhibition", use: "gbt-5009-199-2003" }]),
});

const hundred = { digits: 100n, scale: 0 };

/** The result in percent, exactly; the raw bytes keep what was sent. */
const asPercent =
  (resultIs: "fraction" | "percent") =>
  (result: ResultEvent): ResultEvent => {
    const number = parseDecimal(result.value ?? "");
    if (number === undefined) return { ...result, unit: "%" };
    const percent = resultIs === "percent" ? number : trimDecimal(multiplyDecimal(number, hundred));
    return { ...result, value: formatDecimal(percent), unit: "%" };
  };

/** Z-24 pesticide meter; 9600 8N1. */
export const z24Driver = defineDriver({
  protocol: z24.id,
  displayName: z24.displayName,
  deviceClass: "tester",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  requests: [tyIdentify(), tyRead(), tyReadNext()],
  configSchema: z24ConfigSchema,
  example: { pollIntervalMs: 2000, assays: [{ code: "inhibition", use: "gbt-5009-199-2003", suspectFrom: "40" }] },
  createSession: (context, config) => {
    const createRound = () => ({ round: createTyRound("ready", asPercent(config.resultIs)) });
    return createTesterSession(context, { codec: z24, instrument: "Z-24", createRound }, config);
  },
});
