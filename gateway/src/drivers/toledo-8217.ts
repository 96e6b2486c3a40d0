import { type DeviceEvent, type ScaleFlag, toledo8217 } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { type DriverDefinition, defineDriver, type KeyWord } from "./define-driver.ts";
import { createPollSession, pollOptions } from "./poll-session.ts";
import { scaleOptions } from "./scale-config.ts";
import { completeReading, requiredUnit } from "./shown-unit.ts";

/** Options of a Toledo 8217 scale. The answer names no unit. */
export const toledo8217ConfigSchema = z.strictObject({
  ...scaleOptions,
  ...pollOptions,
  unit: requiredUnit,
});

/** `W`: the weight. The only thing ever sent by itself. */
const weightRequest = Uint8Array.of(0x57);

/** Both keys are answered with the status: what it says now tells whether the key did anything. */
const seen =
  (isDone: (mode: string, states: readonly ScaleFlag[]) => boolean) =>
  (answer: DeviceEvent): ReturnType<KeyWord["understand"]> => {
    if (answer.event !== "reading" || answer.value !== null) return null;
    const said = [
      answer.mode,
      ...answer.states,
      ...(answer.overload ? ["overload"] : []),
      ...(answer.underload ? ["underload"] : []),
    ];
    return { outcome: isDone(answer.mode, answer.states) ? "done" : "refused", said: said.join(" ") };
  };

/** `T` tares what lies on the platter, `Z` zeroes when stable, in range and gross (DIVA service manual pp. 45-51). */
const keys: NonNullable<DriverDefinition["keys"]> = {
  tare: { bytes: Uint8Array.of(0x54), understand: seen((mode) => mode === "net") },
  zero: { bytes: Uint8Array.of(0x5a), understand: seen((_mode, states) => states.includes("zero-centre")) },
};

/** Toledo 8217/8213; 9600 7E1 is usual (DIVA service manual pp. 45-51). */
export const toledo8217Driver = defineDriver({
  protocol: toledo8217.id,
  displayName: toledo8217.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 7, parity: "even", stopBits: 1 },
  requests: [weightRequest],
  keys,
  configSchema: toledo8217ConfigSchema,
  example: { unit: "kg" },
  createSession: (context, config) =>
    createPollSession(context, toledo8217, config, { first: () => weightRequest, keys }, completeReading(config)),
});
