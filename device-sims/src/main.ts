import { readFileSync } from "node:fs";
import { explain, MingchengError } from "@mingcheng/protocols";
import { Command, InvalidArgumentError, Option } from "commander";
import type { Fault } from "../faults/fault.ts";
import { faultOf, faultSchema } from "../faults/fault-config.ts";
import { systemClock } from "./clock.ts";
import { parseEndpoint, startFaultProxy } from "./commands/fault-proxy.ts";
import { runCommand } from "./commands/run-command.ts";
import { simulators } from "./devices/index.ts";
import { smartKinds } from "./devices/smart.ts";
import { createRandom } from "./random.ts";
import { type LoadOptions, loadScenarioOf, type SmartCredential } from "./scenario/load-scenario.ts";
import { loadScenario } from "./scenario/scenario.ts";

const stopping = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => stopping.abort());
// A reader that went away (`| head`) ends the run, it does not crash it.
process.stdout.on("error", () => stopping.abort());

const writeLine = (line: string): void => void process.stdout.write(`${line}\n`);

const numberIn =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isFinite(value) || value < least || value > most) {
      throw new InvalidArgumentError(`expected a number from ${least} to ${most}`);
    }
    return value;
  };

const wholeIn =
  (least: number, most: number) =>
  (text: string): number => {
    const value = numberIn(least, most)(text);
    if (!Number.isInteger(value)) throw new InvalidArgumentError("expected a whole number");
    return value;
  };

const collectFault = (text: string, sofar: readonly Fault[]): Fault[] => {
  const [kind, probability, extra] = text.split("=").flatMap((part) => part.split(","));
  const detail = extra === undefined ? {} : kind === "noise" ? { maxBytes: Number(extra) } : { delayMs: Number(extra) };
  const read = faultSchema.safeParse({ kind, probability: Number(probability), ...detail });
  if (!read.success) throw new InvalidArgumentError("expected e.g. drop=0.01, bit-flip=0.001, stall=0.01,500");
  return [...sofar, faultOf(read.data)];
};

type LoadArguments = LoadOptions & {
  readonly rate: number;
  readonly oracle?: string;
  readonly seconds?: number;
  readonly url?: string;
  readonly credentials?: string;
};

const secretsIn = (path: string): SmartCredential[] => {
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "");
  return lines.map((line) => JSON.parse(line) as SmartCredential);
};

const program = new Command("mingcheng-sims")
  .description("Simulated scales and testers that speak their real wire protocols / 模拟电子秤与检测仪")
  .showHelpAfterError();

program
  .command("run")
  .description("Start the devices of a YAML scenario and play their scripts")
  .argument("<scenario>", "scenario file, see docs/simulators.md")
  .option("--oracle <file>", "append what really happened to this file as JSON lines (default: standard output)")
  .option("--until-done", "end when every script has ended")
  .option("--seconds <n>", "end after so many seconds", numberIn(0.1, 1e7))
  .action(async (path: string, options: { oracle?: string; untilDone?: boolean; seconds?: number }) => {
    await runCommand(loadScenario(path), options, writeLine, stopping.signal);
  });

program
  .command("load")
  .description("Start many equal devices with random, repeatable loads or results")
  .option("--devices <n>", "number of devices", wholeIn(1, 1000), 20)
  .addOption(
    new Option("--kind <kind>", "kind of device")
      .choices([...simulators.map(({ protocol }) => protocol), ...smartKinds])
      .default("mt-continuous"),
  )
  .option("--rate <hz>", "frames (tester: results) per second and device", numberIn(0.1, 200), 10)
  .option("--host <host>", "address to listen on", "127.0.0.1")
  .option("--port <port>", "first port; 0 takes free ones", wholeIn(0, 65_535), 0)
  .option("--seed <n>", "same seed, same loads", wholeIn(0, 2 ** 31), 1)
  .option("--url <url>", "smart devices: the gateway's listener, e.g. http://192.168.8.1:8480")
  .option("--credentials <file>", "smart devices: what `mingcheng-gateway intake add --json` printed, one a line")
  .option("--oracle <file>", "append what really happened to this file as JSON lines (default: standard output)")
  .option("--seconds <n>", "end after so many seconds", numberIn(0.1, 1e7))
  .action(async (options: LoadArguments) => {
    const { oracle, seconds, url, credentials } = options;
    const smart =
      url === undefined || credentials === undefined ? undefined : { url, credentials: secretsIn(credentials) };
    const scenario = loadScenarioOf({ ...options, rateHz: options.rate, smart });
    await runCommand(scenario, { oracle, seconds }, writeLine, stopping.signal);
  });

program
  .command("fault")
  .description("Stand between a gateway and a device and damage what the device sends")
  .requiredOption("--to <address>", "the device, tcp://host:port")
  .option("--listen <address>", "where the gateway connects", "tcp://127.0.0.1:0")
  .option("--fault <kind=p>", "drop, truncate, bit-flip, byte-drop, split, stall, noise; repeatable", collectFault, [])
  .option("--both", "damage what the gateway sends, too")
  .option("--seed <n>", "same seed, same faults", wholeIn(0, 2 ** 31), 1)
  .action(async (options: { to: string; listen: string; fault: Fault[]; both?: boolean; seed: number }) => {
    const proxy = await startFaultProxy(
      {
        listen: parseEndpoint(options.listen, "--listen"),
        to: parseEndpoint(options.to, "--to"),
        faults: options.fault,
        both: options.both === true,
      },
      systemClock,
      createRandom(options.seed),
    );
    writeLine(JSON.stringify({ event: "ready", address: proxy.address }));
    await new Promise<void>((resolve) => stopping.signal.addEventListener("abort", () => resolve(), { once: true }));
    await proxy.stop();
  });

try {
  await program.parseAsync();
} catch (error) {
  const language = /zh/i.test(process.env["LANG"] ?? "") ? "zh" : "en";
  process.stderr.write(`${explain(error, language)}\n`);
  process.exitCode = error instanceof MingchengError ? 2 : 1;
}
