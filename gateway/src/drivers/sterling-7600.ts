import { sterling7600 } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import { createPollSession, pollOptions } from "./poll-session.ts";
import { scaleOptions } from "./scale-config.ts";

/** Options of a Sterling 7600. The answer names its unit; stability is inferred. */
export const sterling7600ConfigSchema = z.strictObject({
  ...scaleOptions,
  ...pollOptions,
});

/** `SGW CR`: the gross weight. The only thing ever sent. */
const weightRequest = Uint8Array.of(0x53, 0x47, 0x57, 0x0d);

/** Sterling 7600; 9600 8N1. */
export const sterling7600Driver = defineDriver({
  protocol: sterling7600.id,
  displayName: sterling7600.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  requests: [weightRequest],
  configSchema: sterling7600ConfigSchema,
  example: {},
  createSession: (context, config) => createPollSession(context, sterling7600, config, { first: () => weightRequest }),
});
