import { mtContinuous } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import { scaleOptions } from "./scale-config.ts";
import { createScaleSession } from "./scale-session.ts";

/** Options of a Mettler-Toledo continuous scale. The frame names its unit, so none is asked for. */
export const mtContinuousConfigSchema = z.strictObject(scaleOptions);

/** Mettler-Toledo standard continuous output: 9600 7E1 is usual, 8N1 occurs (WILDCAT technical manual p. 6-4). */
export const mtContinuousDriver = defineDriver({
  protocol: mtContinuous.id,
  displayName: mtContinuous.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 7, parity: "even", stopBits: 1 },
  configSchema: mtContinuousConfigSchema,
  example: {},
  createSession: (context, config) => createScaleSession(context, mtContinuous, config),
});
