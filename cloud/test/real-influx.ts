import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** True where the Debian package `influxdb` is missing and the test may be left out: never in CI. */
export const lacksInflux = !existsSync("/usr/bin/influxd") && process.env["CI"] !== "true";

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { readonly port: number };
  server.close();
  await once(server, "close");
  return port;
};

/** An InfluxDB 1.6 on loopback with an empty directory of its own. */
export const startRealInflux = async (): Promise<{ readonly url: string; stop(): Promise<void> }> => {
  const dir = mkdtempSync(join(tmpdir(), "mingcheng-influx-"));
  const [http, rpc] = [await freePort(), await freePort()];
  const sections = [
    `bind-address = "127.0.0.1:${rpc}"\nreporting-disabled = true`,
    `[meta]\ndir = "${join(dir, "meta")}"`,
    `[data]\ndir = "${join(dir, "data")}"\nwal-dir = "${join(dir, "wal")}"\nquery-log-enabled = false`,
    `[http]\nbind-address = "127.0.0.1:${http}"\nlog-enabled = false`,
    "[monitor]\nstore-enabled = false\n",
  ];
  writeFileSync(join(dir, "influxdb.conf"), sections.join("\n"));
  const child = spawn("influxd", ["-config", join(dir, "influxdb.conf")], { stdio: "ignore" });
  const exited = once(child, "exit");
  const url = `http://127.0.0.1:${http}`;
  for (let attempt = 0; ; attempt++) {
    const isThere = await fetch(`${url}/ping`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isThere) break;
    if (attempt > 600) throw new Error("InfluxDB does not answer");
    await delay(50);
  }
  return {
    url,
    stop: async () => {
      child.kill("SIGKILL");
      await exited;
      rmSync(dir, { recursive: true, force: true });
    },
  };
};
