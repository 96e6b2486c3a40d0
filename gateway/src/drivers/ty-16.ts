import { ty16, tyIdentify, tyRead, tyReadNext } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { assaysOption } from "./assay-config.ts";
import { defineDriver } from "./define-driver.ts";
import { testerPollOptions } from "./tester-config.ts";
import { createTesterSession, type PollFamily } from "./tester-session.ts";
import { createTyRound } from "./ty-round.ts";

const ty16ConfigSchema = z.strictObject({
  ...testerPollOptions(30_000),
  assays: assaysOption([{ code: "inhibition", use: "gbt-5009-199-2003" }]),
});

const family: PollFamily = {
  codec: ty16,
  instrument: "TY-16",
  createRound: () => ({ round: createTyRound("empty") }),
};

/** TY-16 pesticide meter; 9600 8N1. */
export const ty16Driver = defineDriver({
  protocol: ty16.id,
  displayName: ty16.displayName,
  deviceClass: "tester",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  requests: [tyIdentify(), tyRead(), tyReadNext()],
  configSchema: ty16ConfigSchema,
  example: { pollIntervalMs: 2000, assays: [{ code: "inhibition", use: "gbt-5009-199-2003", suspectFrom: "40" }] },
  createSession: (context, config) => createTesterSession(context, family, config),
});
