import { dy6200, dy6200Identify, dy6200ReadAll } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { assaysOption } from "./assay-config.ts";
import { defineDriver } from "./define-driver.ts";
import { testerPollOptions } from "./tester-config.ts";
import { createTesterSession, hasReply, type PollFamily, type PollRound } from "./tester-session.ts";

const dy6200ConfigSchema = z.strictObject({ ...testerPollOptions(30_000), assays: assaysOption() });

/** The tester gives all it holds or nothing. */
const round: PollRound = async (line) => {
  await line.ask(dy6200Identify(), hasReply("end"));
  await line.store(await line.ask(dy6200ReadAll(), hasReply("end")));
};

const family: PollFamily = { codec: dy6200, instrument: "DY-6200", createRound: () => ({ round }) };

/** DY-6200 food additive tester; 9600 8N1. */
export const dy6200Driver = defineDriver({
  protocol: dy6200.id,
  displayName: dy6200.displayName,
  deviceClass: "tester",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  requests: [dy6200Identify(), dy6200ReadAll()],
  configSchema: dy6200ConfigSchema,
  example: {
    pollIntervalMs: 2000,
    assays: [{ code: "亚硝酸盐", method: "DY-6200", direction: "qualitative", retests: 1 }],
  },
  createSession: (context, config) => createTesterSession(context, family, config),
});
