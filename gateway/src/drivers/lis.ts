import { lis } from "@mingcheng/protocols/devices";
import { defineDriver } from "./define-driver.ts";
import { lisConfigSchema } from "./lis-config.ts";
import { createLisSession } from "./lis-session.ts";

/** A rapid tester that speaks LIS01-A2/LIS02-A2; 9600 8N1 is usual. */
export const lisDriver = defineDriver({
  protocol: lis.id,
  displayName: lis.displayName,
  deviceClass: "tester",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  configSchema: lisConfigSchema,
  example: {
    assays: [{ code: "OP", use: "gbt-5009-199-2003", suspectFrom: "40" }],
  },
  createSession: (context, config) => createLisSession(context, config),
});
