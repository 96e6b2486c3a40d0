import { spotchem } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { assaysOption } from "./assay-config.ts";
import { defineDriver } from "./define-driver.ts";
import { createPushSession } from "./push-session.ts";

const spotchemConfigSchema = z.strictObject({
  assays: assaysOption(),
});

/** Arkray Spotchem EL; 9600 8N1. */
export const spotchemDriver = defineDriver({
  protocol: spotchem.id,
  displayName: spotchem.displayName,
  deviceClass: "tester",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  configSchema: spotchemConfigSchema,
  example: {
    assays: [{ code: "K", method: "SE-1520", unit: "mmol/L", direction: "above-is-positive", positiveFrom: "100" }],
  },
  createSession: (context, config) =>
    createPushSession(context, { codec: spotchem, instrument: "Spotchem EL" }, { ...config, acknowledge: false }),
});
