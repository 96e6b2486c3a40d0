import { dy5800 } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { assaysOption } from "./assay-config.ts";
import { defineDriver } from "./define-driver.ts";
import { createPushSession } from "./push-session.ts";

const dy5800ConfigSchema = z.strictObject({
  assays: assaysOption([{ code: "农药总残留", use: "gbt-5009-199-2003" }]),
});

/** DY-5800 food analyser; 9600 8N1. */
export const dy5800Driver = defineDriver({
  protocol: dy5800.id,
  displayName: dy5800.displayName,
  deviceClass: "tester",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  configSchema: dy5800ConfigSchema,
  example: { assays: [{ code: "农药总残留", use: "gbt-5009-199-2003", suspectFrom: "40" }] },
  createSession: (context, config) =>
    createPushSession(context, { codec: dy5800, instrument: "DY-5800" }, { ...config, acknowledge: false }),
});
