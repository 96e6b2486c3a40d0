import { cas22 } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import { scaleOptions } from "./scale-config.ts";
import { createScaleSession } from "./scale-session.ts";

/** Options of a CAS indicator. The frame names unit and mode. */
export const cas22ConfigSchema = z.strictObject(scaleOptions);

/** CAS 22-byte continuous output; 9600 8N1 (CI-600D manual p. 74). */
export const cas22Driver = defineDriver({
  protocol: cas22.id,
  displayName: cas22.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  configSchema: cas22ConfigSchema,
  example: {},
  createSession: (context, config) => createScaleSession(context, cas22, config),
});
