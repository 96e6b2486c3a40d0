import { mtPrint } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import { scaleOptions } from "./scale-config.ts";
import { createScaleSession } from "./scale-session.ts";

/** Options of a balance that prints. The line names its unit; stability is inferred. */
export const mtPrintConfigSchema = z.strictObject(scaleOptions);

/** Printout of Mettler-Toledo balances; 9600 8N1. */
export const mtPrintDriver = defineDriver({
  protocol: mtPrint.id,
  displayName: mtPrint.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  configSchema: mtPrintConfigSchema,
  example: {},
  createSession: (context, config) => createScaleSession(context, mtPrint, config),
});
