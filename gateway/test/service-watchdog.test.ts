import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { builtModule } from "../../device-sims/src/harness/repository.ts";
import { needs } from "../../device-sims/src/harness/requirements.ts";
import { type RunningProgram, startProgram, startReadyProgram } from "../../device-sims/src/harness/running-program.ts";
import { until } from "../../device-sims/src/harness/until.ts";
import { enrolDirectory } from "./enrolled-directory.ts";

/** What systemd does at its end of the socket: prints every message, and its own pulse in between. */
const listener = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
s.settimeout(0.1)
print("listening", flush=True)
while True:
    try:
        print(s.recv(4096).decode().split("\\n")[0], flush=True)
    except socket.timeout:
        pass
    print("pulse", flush=True)
`;
/** Hangs the event loop for good at SIGUSR2. */
const hang = "--import=data:text/javascript,process.on('SIGUSR2',()=>{for(;;);})";
const tools = needs("python3", "systemd");
const endings: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

describe("a gateway under systemd", () => {
  it.skipIf(tools.skip)(
    tools.title("is ready, shows life and says that it stops; with a hung event loop it shows none"),
    async () => {
      const dir = await mkdtemp(join(tmpdir(), "mingcheng-service-"));
      endings.push(() => rm(dir, { recursive: true, force: true }));
      const config = join(dir, "gateway.yaml");
      await enrolDirectory(join(dir, "data"), "market-songbai");
      await writeFile(config, `data: ${join(dir, "data")}\nhealth: {port: 0}\n`);
      let said = "";
      const heard = (): string[] => said.split("\n").slice(0, -1);
      const socket = join(dir, "notify");
      const manager = startProgram({
        ...{ name: "service manager", command: "python3", args: ["-c", listener, socket] },
        onOutput: (text) => {
          said += text;
        },
      });
      endings.push(() => manager.kill());
      const waiting = { withinMs: 20_000, detail: () => heard().slice(-20).join("\n") };
      await until(() => heard().includes("listening"), { what: "the service manager listens", ...waiting });
      const start = async (): Promise<RunningProgram> => {
        const readyFile = join(dir, "ready.json");
        const args = [builtModule("gateway/dist/main.js"), "run", "--config", config, "--ready-file", readyFile];
        const env = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: "200000", NODE_OPTIONS: hang };
        const spec = { name: "gateway", command: process.execPath, args, env };
        const { program } = await startReadyProgram(spec, readyFile, 20_000);
        endings.push(() => program.kill());
        return program;
      };
      /** What is heard from now on until the service manager's pulse has beaten so often. */
      const during = async (pulses: number): Promise<string[]> => {
        const from = heard().length;
        const beats = (): number =>
          heard()
            .slice(from)
            .filter((line) => line === "pulse").length;
        await until(() => beats() >= pulses, { what: `${pulses} beats of the pulse`, ...waiting });
        return heard()
          .slice(from)
          .filter((line) => line !== "pulse");
      };

      const first = await start();
      await until(() => heard().includes("READY=1"), { what: "READY=1", ...waiting });
      await until(() => heard().includes("WATCHDOG=1"), { what: "WATCHDOG=1", ...waiting });
      expect(await first.stop()).toMatchObject({ code: 0 });
      await until(() => heard().includes("STOPPING=1"), { what: "STOPPING=1", ...waiting });
      expect(heard().filter((line) => line === "READY=1")).toHaveLength(1);

      const from = heard().length;
      const second = await start();
      await until(() => heard().slice(from).includes("WATCHDOG=1"), { what: "WATCHDOG=1 again", ...waiting });
      process.kill(second.pid, "SIGUSR2");
      // A message that was on its way still arrives.
      await during(3);
      expect(await during(8)).toEqual([]);
    },
  );
});
