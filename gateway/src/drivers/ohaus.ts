import { ohaus } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import { scaleOptions } from "./scale-config.ts";
import { createScaleSession } from "./scale-session.ts";

/** Options of an Ohaus scale. The line names its unit. */
export const ohausConfigSchema = z.strictObject(scaleOptions);

/** Ohaus printed lines; 9600 8N1, older scales 2400 7N2 (Defender 3000 manual EN-35). Set the scale to continuous printing. */
export const ohausDriver = defineDriver({
  protocol: ohaus.id,
  displayName: ohaus.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  configSchema: ohausConfigSchema,
  example: {},
  createSession: (context, config) => createScaleSession(context, ohaus, config),
});
