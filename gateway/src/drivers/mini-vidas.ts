import { miniVidas } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { assaysOption } from "./assay-config.ts";
import { defineDriver } from "./define-driver.ts";
import { createPushSession } from "./push-session.ts";

const miniVidasConfigSchema = z.strictObject({
  acknowledge: z
    .boolean()
    .default(true)
    .describe(
      "存盘后以 ACK 应答 / answer ACK once a result is on disk, NAK when it is not; false for an instrument that is not to be answered.",
    ),
  assays: assaysOption(),
});

/** bioMérieux mini VIDAS; 9600 8N1. */
export const miniVidasDriver = defineDriver({
  protocol: miniVidas.id,
  displayName: miniVidas.displayName,
  deviceClass: "tester",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  configSchema: miniVidasConfigSchema,
  example: { assays: [{ code: "HBCT", method: "VIDAS", direction: "qualitative" }] },
  createSession: (context, config) =>
    createPushSession(context, { codec: miniVidas, instrument: "mini VIDAS" }, config),
});
