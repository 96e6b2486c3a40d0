import { type DeviceEvent, mtSics } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { type DriverDefinition, defineDriver, type KeyWord } from "./define-driver.ts";
import { createPollSession, pollOptions } from "./poll-session.ts";
import { scaleOptions } from "./scale-config.ts";
import { completeReading, shownMode } from "./shown-unit.ts";

/** Options of a balance with MT-SICS. The answer names its unit. */
export const mtSicsConfigSchema = z.strictObject({
  ...scaleOptions,
  ...pollOptions,
  mode: shownMode,
});

/** `SI CR LF`: the weight now. The only thing ever sent by itself. */
const weightRequest = Uint8Array.of(0x53, 0x49, 0x0d, 0x0a);

const understand = (answer: DeviceEvent): ReturnType<KeyWord["understand"]> => {
  if (answer.event === "reading") return answer.mode === "tare" ? { outcome: "done", said: answer.value ?? "" } : null;
  if (answer.event !== "reply") return null;
  const isDone = ["acknowledged", "done-stable", "done-dynamic"].includes(answer.meaning);
  return { outcome: isDone ? "done" : "refused", said: answer.meaning };
};

/** `T` answers `T S <value>` or `T A`, `Z` answers `Z A`; `I`, `+`, `-`: not now (MT-SICS level 0 and 1; KERN KCP). */
const keys: NonNullable<DriverDefinition["keys"]> = {
  tare: { bytes: Uint8Array.of(0x54, 0x0d, 0x0a), understand },
  zero: { bytes: Uint8Array.of(0x5a, 0x0d, 0x0a), understand },
};

/** MT-SICS; 9600 8N1 (Mettler-Toledo AL-IC manual). */
export const mtSicsDriver = defineDriver({
  protocol: mtSics.id,
  displayName: mtSics.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  requests: [weightRequest],
  keys,
  configSchema: mtSicsConfigSchema,
  example: {},
  createSession: (context, config) =>
    createPollSession(
      context,
      mtSics,
      config,
      { first: () => weightRequest, keys },
      completeReading({ unit: null, mode: config.mode }),
    ),
});
