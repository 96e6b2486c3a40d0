import { type DeviceEvent, nci } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { type DriverDefinition, defineDriver, type KeyWord } from "./define-driver.ts";
import { createPollSession, pollOptions } from "./poll-session.ts";
import { scaleOptions } from "./scale-config.ts";

/** Options of an NCI scale. The answer names its unit. */
export const nciConfigSchema = z.strictObject({
  ...scaleOptions,
  ...pollOptions,
  form: z
    .enum(["scp-01", "sma"])
    .default("scp-01")
    .describe("scp-01：以 W CR 询问；sma：以 LF W CR 询问 / scp-01: asked with W CR; sma: asked with LF W CR."),
});

/** `W CR`: the weight. The only thing ever sent by itself. */
const weightRequest = Uint8Array.of(0x57, 0x0d);

/** The same in the form of the SMA. */
const smaRequest = Uint8Array.of(0x0a, 0x57, 0x0d);

/** Bit 1 of the first status byte: the scale stands at zero. */
const isAtZero = (status: string | null): boolean => ((status?.charCodeAt(0) ?? 0) & 0x02) !== 0;

const understand = (answer: DeviceEvent): ReturnType<KeyWord["understand"]> => {
  if (answer.event === "reading") {
    const isDone = answer.states.includes("zero-centre");
    return { outcome: isDone ? "done" : "refused", said: answer.states.join(" ") };
  }
  if (answer.event !== "reply") return null;
  const isDone = answer.meaning === "status" && isAtZero(answer.detail);
  return { outcome: isDone ? "done" : "refused", said: answer.meaning };
};

/** `Z CR` zeroes and answers with the status. The protocol has no word for tare. */
const keys: NonNullable<DriverDefinition["keys"]> = { zero: { bytes: Uint8Array.of(0x5a, 0x0d), understand } };

/** `LF Z CR` zeroes and answers with the weight. */
const smaKeys: NonNullable<DriverDefinition["keys"]> = { zero: { bytes: Uint8Array.of(0x0a, 0x5a, 0x0d), understand } };

/** NCI / SCP-01; 9600 8N1 or 7E1 (Salter Brecknell 6712 manual p. 19). */
export const nciDriver = defineDriver({
  protocol: nci.id,
  displayName: nci.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  requests: [weightRequest, smaRequest],
  keys,
  configSchema: nciConfigSchema,
  example: {},
  createSession: (context, config) =>
    createPollSession(
      context,
      nci,
      config,
      config.form === "sma" ? { first: () => smaRequest, keys: smaKeys } : { first: () => weightRequest, keys },
    ),
});
