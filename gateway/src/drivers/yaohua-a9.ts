import { massUnits } from "@mingcheng/protocols";
import { yaohuaA9 } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import { scaleOptions } from "./scale-config.ts";
import { createScaleSession } from "./scale-session.ts";

/** Options of a Yaohua XK3190-A9. The frame names neither unit nor mode: what the display shows must be configured. */
export const yaohuaA9ConfigSchema = z.strictObject({
  ...scaleOptions,
  unit: z
    .enum(massUnits)
    .describe(
      "秤显示的单位，必填：协议不发送单位 / the unit on the scale's display; required, the protocol does not send it.",
    ),
  mode: z
    .enum(["gross", "net", "unknown"])
    .default("unknown")
    .describe(
      "显示的是毛重还是净重；除非秤只能显示其中一种，否则为 unknown / what the display shows; unknown unless the scale can show one of them only.",
    ),
});

/** Yaohua XK3190-A9 family, continuous output 1; 8N1, 600 to 9600 baud by menu (XK3190-A9+ manual p. 11). */
export const yaohuaA9Driver = defineDriver({
  protocol: yaohuaA9.id,
  displayName: yaohuaA9.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  configSchema: yaohuaA9ConfigSchema,
  example: { unit: "kg" },
  createSession: (context, config) =>
    createScaleSession(context, yaohuaA9, config, (reading) => ({
      ...reading,
      unit: config.unit,
      mode: config.mode,
    })),
});
