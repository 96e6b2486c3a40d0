import { mtSics } from "@mingcheng/protocols";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import { createPollSession, pollOptions } from "./poll-session.ts";
import { scaleOptions } from "./scale-config.ts";
import { completeReading, shownMode } from "./shown-unit.ts";

/** Options of a balance with MT-SICS. The answer names its unit. */
export const mtSicsConfigSchema = z.strictObject({
  ...scaleOptions,
  ...pollOptions,
  mode: shownMode,
});

/** `SI CR LF`: the weight now. The only thing ever sent. */
const weightRequest = Uint8Array.of(0x53, 0x49, 0x0d, 0x0a);

/** MT-SICS; 9600 8N1 (Mettler-Toledo AL-IC manual). */
export const mtSicsDriver = defineDriver({
  protocol: mtSics.id,
  displayName: mtSics.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  requests: [weightRequest],
  configSchema: mtSicsConfigSchema,
  example: {},
  createSession: (context, config) =>
    createPollSession(
      context,
      mtSics,
      config,
      { first: () => weightRequest },
      completeReading({ unit: null, mode: config.mode }),
    ),
});
