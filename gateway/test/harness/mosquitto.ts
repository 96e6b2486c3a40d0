import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { until } from "../../../device-sims/src/harness/until.ts";
import type { Issued } from "./authority.ts";

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
};

const accepts = async (port: number): Promise<boolean> => {
  const { connect } = await import("node:net");
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("close", () => socket.destroy());
  }).then((is) => is === true);
};

/** Debian's Mosquitto with TLS, passwords and access rules: a broker that nobody of us wrote. */
export class Mosquitto {
  readonly port: number;
  private readonly configPath: string;
  private child: ChildProcess | undefined;

  private constructor(port: number, configPath: string) {
    this.port = port;
    this.configPath = configPath;
  }

  /** Users are `centre` and every gateway of `credentials`. */
  static async start(dir: string, server: Issued, credentials: Readonly<Record<string, string>>): Promise<Mosquitto> {
    const port = await freePort();
    const passwords = join(dir, "passwords");
    writeFileSync(passwords, "", { mode: 0o600 });
    for (const [user, password] of Object.entries(credentials)) {
      execFileSync("mosquitto_passwd", ["-b", passwords, user, password], { stdio: "ignore" });
    }
    const rules = join(dir, "rules");
    writeFileSync(rules, "user centre\ntopic readwrite mc/v1/#\n\npattern readwrite mc/v1/%u/#\n", { mode: 0o600 });
    const configPath = join(dir, "mosquitto.conf");
    const lines = [
      `listener ${port} 127.0.0.1`,
      `certfile ${server.certPath}`,
      `keyfile ${server.keyPath}`,
      "allow_anonymous false",
      `password_file ${passwords}`,
      `acl_file ${rules}`,
      `user ${process.getuid?.() === 0 ? "root" : "mosquitto"}`,
      "max_inflight_messages 0",
      "max_queued_messages 0",
      "persistence false",
    ];
    writeFileSync(configPath, `${lines.join("\n")}\n`);
    const broker = new Mosquitto(port, configPath);
    await broker.run();
    return broker;
  }

  /** Starts it, again after {@link kill}: whatever it held is gone. */
  async run(): Promise<void> {
    this.child = spawn("mosquitto", ["-c", this.configPath], { stdio: "ignore" });
    await until(() => accepts(this.port), { what: "mosquitto listens", withinMs: 10_000 });
  }

  /** Stops it in its tracks without closing anything, or lets it go on. */
  freeze(isFrozen: boolean): void {
    this.child?.kill(isFrozen ? "SIGSTOP" : "SIGCONT");
  }

  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }
}
