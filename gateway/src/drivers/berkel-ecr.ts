import { berkelEcr } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import { createPollSession, pollOptions } from "./poll-session.ts";
import { scaleOptions } from "./scale-config.ts";
import { completeReading, shownMode } from "./shown-unit.ts";

/** Options of a scale with the Berkel dialogue. Its id names the unit. */
export const berkelEcrConfigSchema = z.strictObject({
  ...scaleOptions,
  ...pollOptions,
  mode: shownMode,
});

const enquiry = Uint8Array.of(0x05);
const weightRequest = Uint8Array.of(0x11);
/** CR: the weight was heard right. */
const confirm = Uint8Array.of(0x0d);

/** Berkel ECR dialogue; 2400 7E1 (CAS PD-II manual p. 19). */
export const berkelEcrDriver = defineDriver({
  protocol: berkelEcr.id,
  displayName: berkelEcr.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 2400, dataBits: 7, parity: "even", stopBits: 1 },
  requests: [enquiry, weightRequest, confirm],
  configSchema: berkelEcrConfigSchema,
  example: {},
  createSession: (context, config) =>
    createPollSession(
      context,
      berkelEcr,
      config,
      {
        first: () => enquiry,
        next: (answer) => {
          if (answer.event === "control" && answer.control === "ACK") return weightRequest;
          return null;
        },
        closing: confirm,
      },
      completeReading({ unit: null, mode: config.mode }),
    ),
});
