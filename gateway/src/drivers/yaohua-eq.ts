import { yaohuaEq, yaohuaEqOf } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import { scaleOptions } from "./scale-config.ts";
import { createScaleSession } from "./scale-session.ts";
import { completeReading, requiredUnit, shownMode } from "./shown-unit.ts";

/** Options of a Yaohua indicator with the `=` format. The frame names neither unit nor mode. */
export const yaohuaEqConfigSchema = z.strictObject({
  ...scaleOptions,
  unit: requiredUnit,
  mode: shownMode,
  order: z
    .enum(["auto", "in-order", "reversed"])
    .default("auto")
    .describe(
      "数字的发送顺序：auto 由每帧判断，判断不出则不采用；in-order 正序；reversed 倒序 / order of the digits: auto tells it from each frame and refuses a frame that does not tell; in-order; reversed.",
    ),
});

/** Yaohua `=` formats; 8N1, 600 to 9600 baud by menu (XK3190-A26 manual pp. 12-13). */
export const yaohuaEqDriver = defineDriver({
  protocol: yaohuaEq.id,
  displayName: yaohuaEq.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  configSchema: yaohuaEqConfigSchema,
  example: { unit: "kg" },
  createSession: (context, config) =>
    createScaleSession(context, yaohuaEqOf(config.order), config, completeReading(config)),
});
