import { yaohuaA12e } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import { scaleOptions } from "./scale-config.ts";
import { createScaleSession } from "./scale-session.ts";

/** Options of a Yaohua XK3190-A12(E). The frame names unit and mode; stability is inferred. */
export const yaohuaA12eConfigSchema = z.strictObject(scaleOptions);

/** Yaohua XK3190-A12(E), 15 bytes with checksum; 8N1 by menu (manual p. 13). */
export const yaohuaA12eDriver = defineDriver({
  protocol: yaohuaA12e.id,
  displayName: yaohuaA12e.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  configSchema: yaohuaA12eConfigSchema,
  example: {},
  createSession: (context, config) => createScaleSession(context, yaohuaA12e, config),
});
