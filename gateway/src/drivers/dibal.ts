import { dibal } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import { createPollSession, pollOptions } from "./poll-session.ts";
import { scaleOptions } from "./scale-config.ts";
import { completeReading, shownMode } from "./shown-unit.ts";

/** Options of a Dibal scale. The answer is in grams. */
export const dibalConfigSchema = z.strictObject({
  ...scaleOptions,
  ...pollOptions,
  mode: shownMode,
});

/** `98`, price 0, check digit: weigh and compute nothing. The only thing ever sent. */
const weightRequest = Uint8Array.from("98000001\r\n", (char) => char.charCodeAt(0));

/** Dibal checkout protocol; 9600 8N1 (sbzsystems notes). */
export const dibalDriver = defineDriver({
  protocol: dibal.id,
  displayName: dibal.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  requests: [weightRequest],
  configSchema: dibalConfigSchema,
  example: {},
  createSession: (context, config) =>
    createPollSession(
      context,
      dibal,
      config,
      { first: () => weightRequest },
      completeReading({ unit: null, mode: config.mode }),
    ),
});
