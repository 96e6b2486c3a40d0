import { mtExtended } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import { scaleOptions } from "./scale-config.ts";
import { createScaleSession } from "./scale-session.ts";

/** Options of a terminal with extended continuous output. The frame names unit and mode. */
export const mtExtendedConfigSchema = z.strictObject(scaleOptions);

/** Mettler-Toledo extended continuous output; 9600 7E1 as the standard output. */
export const mtExtendedDriver = defineDriver({
  protocol: mtExtended.id,
  displayName: mtExtended.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 7, parity: "even", stopBits: 1 },
  configSchema: mtExtendedConfigSchema,
  example: {},
  createSession: (context, config) => createScaleSession(context, mtExtended, config),
});
