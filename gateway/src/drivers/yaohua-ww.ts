import { yaohuaWw } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import { scaleOptions } from "./scale-config.ts";
import { createScaleSession } from "./scale-session.ts";

/** Options of a Yaohua indicator with the `ww` format. The frame names unit and mode; stability is inferred. */
export const yaohuaWwConfigSchema = z.strictObject(scaleOptions);

/** Yaohua `ww` format; 8N1 by menu (XK3190-A12(E) manual p. 13). */
export const yaohuaWwDriver = defineDriver({
  protocol: yaohuaWw.id,
  displayName: yaohuaWw.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  configSchema: yaohuaWwConfigSchema,
  example: {},
  createSession: (context, config) => createScaleSession(context, yaohuaWw, config),
});
