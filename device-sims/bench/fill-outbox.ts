import { readdirSync } from "node:fs";
import { join } from "node:path";
import { builtModule } from "../src/harness/repository.ts";
import { runProgram } from "../src/harness/running-program.ts";

/**
 * Fills the outbox of an enrolled gateway that is not running, through the gateway's own code. Returns the line that was
 * filled. @throws {ProgramEndedError} when it cannot be filled
 */
export const fillOutbox = async (dataDir: string, gw: string, records: number): Promise<{ readonly eid: string }> => {
  const identity = join(dataDir, "identity");
  const key = readdirSync(identity).find((name) => name.startsWith("signing-") && name.endsWith(".pem")) ?? "";
  const said = await runProgram({
    name: "fill-entry",
    command: process.execPath,
    args: [
      builtModule("gateway/dist/outbox/fill-entry.js"),
      ...["--dir", join(dataDir, "outbox"), "--gw", gw, "--key", join(identity, key), "--records", String(records)],
    ],
  });
  return (JSON.parse(said) as { readonly line: { readonly eid: string } }).line;
};
