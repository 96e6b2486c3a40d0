// Follows the ledger of a data directory in a process of its own: `node follow-entry.js <data directory> [<config file>]`.
// Prints `ready` once its stores are open, then a line of JSON with its figures every 200 ms; SIGTERM ends it.
import pino from "pino";
import { loadCloudConfig } from "../config/cloud-config.ts";
import { openFollowing } from "./open-following.ts";

const [dataDirectory, configFile] = process.argv.slice(2);
if (dataDirectory === undefined) throw new Error("usage: follow-entry <data directory> [<config file>]");

const log = pino(pino.destination({ dest: 2, sync: true }));
const following = await openFollowing({
  dataDirectory,
  config: await loadCloudConfig(configFile),
  log,
  onExit: (error) => {
    log.fatal({ err: error }, "a thread died");
    process.exit(1);
  },
});
process.stdout.write("ready\n");
const telling = setInterval(() => {
  const figures = following.figures().map(({ name, labels, value }) => ({ name, ...labels, value }));
  process.stdout.write(`${JSON.stringify({ fault: following.fault(), figures })}\n`);
}, 200);
process.once("SIGTERM", () => {
  clearInterval(telling);
  void following.close();
});
