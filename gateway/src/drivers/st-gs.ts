import { stGs } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import { scaleOptions } from "./scale-config.ts";
import { createScaleSession } from "./scale-session.ts";
import { completeReading, fallbackUnit } from "./shown-unit.ts";

/** Options of an `ST,GS,` scale: some models leave the unit out. */
export const stGsConfigSchema = z.strictObject({
  ...scaleOptions,
  unit: fallbackUnit,
});

/** The `ST,GS,` text lines; 9600 8N1 is usual, 7E1 occurs (KERN KXS-TM manual p. 70). */
export const stGsDriver = defineDriver({
  protocol: stGs.id,
  displayName: stGs.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  configSchema: stGsConfigSchema,
  example: {},
  createSession: (context, config) => createScaleSession(context, stGs, config, completeReading(config)),
});
