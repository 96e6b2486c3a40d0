import { nci } from "@mingcheng/protocols";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import { createPollSession, pollOptions } from "./poll-session.ts";
import { scaleOptions } from "./scale-config.ts";

/** Options of an NCI scale. The answer names its unit. */
export const nciConfigSchema = z.strictObject({
  ...scaleOptions,
  ...pollOptions,
});

/** `W CR`: the weight. The only thing ever sent. */
const weightRequest = Uint8Array.of(0x57, 0x0d);

/** NCI / SCP-01; 9600 8N1 or 7E1 (Salter Brecknell 6712 manual p. 19). */
export const nciDriver = defineDriver({
  protocol: nci.id,
  displayName: nci.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  requests: [weightRequest],
  configSchema: nciConfigSchema,
  example: {},
  createSession: (context, config) => createPollSession(context, nci, config, { first: () => weightRequest }),
});
