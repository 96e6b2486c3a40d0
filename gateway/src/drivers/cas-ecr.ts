import { casEcr } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import { createPollSession, pollOptions } from "./poll-session.ts";
import { scaleOptions } from "./scale-config.ts";
import { completeReading, shownMode } from "./shown-unit.ts";

/** Options of a scale with the CAS ECR dialogue. The frame names its unit. */
export const casEcrConfigSchema = z.strictObject({
  ...scaleOptions,
  ...pollOptions,
  mode: shownMode,
});

const enquiry = Uint8Array.of(0x05);
const weightRequest = Uint8Array.of(0x11);

/** CAS / Samsung ECR dialogue; 9600 8N1, on the PD-II 7E1 by switch (PD-II manual p. 23). */
export const casEcrDriver = defineDriver({
  protocol: casEcr.id,
  displayName: casEcr.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  requests: [enquiry, weightRequest],
  configSchema: casEcrConfigSchema,
  example: {},
  createSession: (context, config) =>
    createPollSession(
      context,
      casEcr,
      config,
      {
        first: () => enquiry,
        next: (answer) => (answer.event === "control" && answer.control === "ACK" ? weightRequest : null),
      },
      completeReading({ unit: null, mode: config.mode }),
    ),
});
