import { aAndD } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import { scaleOptions } from "./scale-config.ts";
import { createScaleSession } from "./scale-session.ts";
import { completeReading, shownMode } from "./shown-unit.ts";

/** Options of an A&D balance. */
export const andConfigSchema = z.strictObject({
  ...scaleOptions,
  mode: shownMode,
});

/** A&D standard format; 2400 7E1 on older, 9600 on newer balances. */
export const andDriver = defineDriver({
  protocol: aAndD.id,
  displayName: aAndD.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 2400, dataBits: 7, parity: "even", stopBits: 1 },
  configSchema: andConfigSchema,
  example: {},
  createSession: (context, config) =>
    createScaleSession(context, aAndD, config, completeReading({ unit: null, mode: config.mode })),
});
