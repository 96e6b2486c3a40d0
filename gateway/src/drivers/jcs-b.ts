import { jcsB } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import { scaleOptions } from "./scale-config.ts";
import { createScaleSession } from "./scale-session.ts";
import { completeReading, shownMode } from "./shown-unit.ts";

/** Options of a Yousheng JCS-B. The frame names its unit. */
export const jcsBConfigSchema = z.strictObject({
  ...scaleOptions,
  mode: shownMode,
});

/** Yousheng JCS-B; 8N1. */
export const jcsBDriver = defineDriver({
  protocol: jcsB.id,
  displayName: jcsB.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  configSchema: jcsBConfigSchema,
  example: {},
  createSession: (context, config) =>
    createScaleSession(context, jcsB, config, completeReading({ unit: null, mode: config.mode })),
});
