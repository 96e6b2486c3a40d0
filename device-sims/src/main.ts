import { readFileSync } from "node:fs";
import { explain, MingchengError } from "@mingcheng/protocols";
import { Command, InvalidArgumentError, Option } from "commander";
import type { Fault } from "../faults/fault.ts";
import { faultOf, faultSchema } from "../faults/fault-config.ts";
import { systemClock } from "./clock.ts";
import type { CamerasOptions } from "./commands/cameras-command.ts";
import { parseEndpoint, startFaultProxy } from "./commands/fault-proxy.ts";
import { addMessagingCommands } from "./commands/messaging-commands.ts";
import { providersCommand } from "./commands/providers-command.ts";
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

type ProvidersArguments = {
  readonly dir: string;
  readonly port: number;
  readonly answer: string;
  readonly count?: number;
  readonly delayMs: number;
  readonly receipts: "delivered" | "undelivered" | "none";
  readonly receiptDelayMs: number;
  readonly oracle?: string;
  readonly seconds?: number;
};

program
  .command("providers")
  .description("Act as Aliyun SMS, Tencent SMS and a WeCom robot on this machine, see docs/channels.md")
  .requiredOption("--dir <dir>", "where keys and channels.yaml, settings for the centre, are written")
  .option("--port <port>", "port on 127.0.0.1; 0 takes a free one", wholeIn(0, 65_535), 0)
  .option("--answer <how>", "normal, reset, unavailable, nonsense, lost, or a code of a provider", "normal")
  .option("--count <n>", "so many requests are answered like that, then normal", wholeIn(1, 1e6))
  .option("--delay-ms <n>", "answers come so late", wholeIn(0, 600_000), 0)
  .addOption(
    new Option("--receipts <state>", "what delivery receipts say")
      .choices(["delivered", "undelivered", "none"])
      .default("delivered"),
  )
  .option("--receipt-delay-ms <n>", "receipts come so late", wholeIn(0, 86_400_000), 2_000)
  .option("--oracle <file>", "append accepted messages to this file as JSON lines (default: standard output)")
  .option("--seconds <n>", "end after so many seconds", numberIn(0.1, 1e7))
  .action(async ({ dir, port, oracle, seconds, answer, count, ...rest }: ProvidersArguments) => {
    const behaviour = { answer, count: count ?? null, ...rest };
    await providersCommand({ dir, port, oracle, seconds, behaviour }, writeLine, stopping.signal);
  });

addMessagingCommands(program, { wholeIn, numberIn }, { writeLine, signal: stopping.signal });

type CamerasArguments = Omit<CamerasOptions, "sees" | "sound" | "onvif"> & {
  readonly codec: "h264" | "h265";
  readonly onvif?: boolean;
  readonly sound?: boolean;
};

program
  .command("cameras")
  .description(
    "Play cameras that speak RTSP; lines like `camera-1 stall` on standard input say what is wrong with them",
  )
  .option("--count <n>", "number of cameras", wholeIn(1, 64), 1)
  .option("--host <host>", "address to listen on", "127.0.0.1")
  .option("--port <port>", "of the first camera; 0 takes free ones", wholeIn(0, 65_535), 8554)
  .addOption(new Option("--codec <codec>", "of the pictures").choices(["h264", "h265"]).default("h264"))
  .addOption(
    new Option("--authentication <kind>", "how they ask who is there")
      .choices(["none", "basic", "digest", "digest-sha256"])
      .default("digest"),
  )
  .option("--user <user>", "name that is taken", "admin")
  .option("--password <password>", "password that is taken", "kitchen-1234")
  .option("--sound", "send sound as well (G.711)")
  .option("--onvif", "let them be found and asked for their streams by ONVIF, with the same user and password")
  .addOption(
    new Option("--starts <where>", "key: every client first gets a key frame; mid: it joins wherever the camera is")
      .choices(["key", "mid"])
      .default("key"),
  )
  .option("--seconds <n>", "end after so many seconds", numberIn(0.1, 1e7))
  .action(async ({ codec, sound, onvif, ...options }: CamerasArguments) => {
    const { camerasCommand } = await import("./commands/cameras-command.ts");
    const sees = codec === "h264" ? "kitchen-640x360" : "kitchen-h265-640x360";
    const said = { sees, sound: sound === true, onvif: onvif === true } as const;
    await camerasCommand({ ...options, ...said }, process.stdin, writeLine, stopping.signal);
  });

try {
  await program.parseAsync();
} catch (error) {
  const language = /zh/i.test(process.env["LANG"] ?? "") ? "zh" : "en";
  process.stderr.write(`${explain(error, language)}\n`);
  process.exitCode = error instanceof MingchengError ? 2 : 1;
}
