import { toledo8217 } from "@mingcheng/protocols";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import { createPollSession, pollOptions } from "./poll-session.ts";
import { scaleOptions } from "./scale-config.ts";
import { completeReading, requiredUnit } from "./shown-unit.ts";

/** Options of a Toledo 8217 scale. The answer names no unit. */
export const toledo8217ConfigSchema = z.strictObject({
  ...scaleOptions,
  ...pollOptions,
  unit: requiredUnit,
});

/** `W`: the weight. The only thing ever sent. */
const weightRequest = Uint8Array.of(0x57);

/** Toledo 8217/8213; 9600 7E1 is usual (DIVA service manual pp. 45-51). */
export const toledo8217Driver = defineDriver({
  protocol: toledo8217.id,
  displayName: toledo8217.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 7, parity: "even", stopBits: 1 },
  requests: [weightRequest],
  configSchema: toledo8217ConfigSchema,
  example: { unit: "kg" },
  createSession: (context, config) =>
    createPollSession(context, toledo8217, config, { first: () => weightRequest }, completeReading(config)),
});
