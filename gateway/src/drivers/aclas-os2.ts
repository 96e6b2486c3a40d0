import { aclasOs2 } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import { scaleOptions } from "./scale-config.ts";
import { createScaleSession } from "./scale-session.ts";
import { completeReading, shownMode } from "./shown-unit.ts";

/** Options of an Aclas OS2. The frame names its unit. */
export const aclasOs2ConfigSchema = z.strictObject({
  ...scaleOptions,
  mode: shownMode,
});

/** Aclas / Pinnacle OS2; USB serial, 9600 8N1 (OS2CX manual p. 19). */
export const aclasOs2Driver = defineDriver({
  protocol: aclasOs2.id,
  displayName: aclasOs2.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  configSchema: aclasOs2ConfigSchema,
  example: {},
  createSession: (context, config) =>
    createScaleSession(context, aclasOs2, config, completeReading({ unit: null, mode: config.mode })),
});
