import { type Command, Option } from "commander";
import { modemSubmits } from "../messaging/modem/modem-state.ts";
import { submitAnswers } from "../messaging/smpp/smsc-state.ts";
import { modemCommand } from "./modem-command.ts";
import type { WriteLine } from "./run-command.ts";
import { smscCommand } from "./smsc-command.ts";

/** Parsers of numbers on the command line. */
export interface NumberParsers {
  readonly wholeIn: (least: number, most: number) => (text: string) => number;
  readonly numberIn: (least: number, most: number) => (text: string) => number;
}

type SmscArguments = {
  readonly dir: string;
  readonly port: number;
  readonly controlPort: number;
  readonly key?: string;
  readonly cert?: string;
  readonly submit: (typeof submitAnswers)[number];
  readonly count?: number;
  readonly delayMs: number;
  readonly receipts: "delivered" | "undelivered" | "none" | "twice" | "early";
  readonly receiptDelayMs: number;
  readonly messageIds: "as-is" | "hex-then-decimal" | "decimal-then-hex";
  readonly oracle?: string;
  readonly seconds?: number;
};

const dirOption = ["--dir <dir>", "where secrets and channels.yaml, settings for the centre, are written"] as const;
const oracleOption = [
  "--oracle <file>",
  "append accepted messages to this file as JSON lines (default: standard output)",
] as const;

const addSmsc = (program: Command, { wholeIn, numberIn }: NumberParsers): Command =>
  program
    .command("smsc")
    .description("Act as an SMS centre that speaks SMPP 3.4, see docs/channels-smpp.md")
    .requiredOption(...dirOption)
    .option("--port <port>", "port on 127.0.0.1; 0 takes a free one", wholeIn(0, 65_535), 0)
    .option("--control-port <port>", "port of the control API; 0 takes a free one", wholeIn(0, 65_535), 0)
    .option("--key <file>", "PEM, with --cert: speaks TLS")
    .option("--cert <file>", "PEM")
    .addOption(
      new Option("--submit <how>", "what becomes of submissions").choices([...submitAnswers]).default("normal"),
    )
    .option("--count <n>", "so many submissions are treated like that, then normal", wholeIn(1, 1e6))
    .option("--delay-ms <n>", "answers come so late", wholeIn(0, 600_000), 0)
    .addOption(
      new Option("--receipts <how>", "what delivery receipts say and when they come")
        .choices(["delivered", "undelivered", "none", "twice", "early"])
        .default("delivered"),
    )
    .option("--receipt-delay-ms <n>", "receipts come so late", wholeIn(0, 86_400_000), 2_000)
    .addOption(
      new Option("--message-ids <form>", "ids in the text of receipts, beside those in answers")
        .choices(["as-is", "hex-then-decimal", "decimal-then-hex"])
        .default("as-is"),
    )
    .option(...oracleOption)
    .option("--seconds <n>", "end after so many seconds", numberIn(0.1, 1e7));

type ModemArguments = {
  readonly dir: string;
  readonly controlPort: number;
  readonly submit: string;
  readonly count?: number;
  readonly delayMs: number;
  readonly sim: "ready" | "pin" | "puk" | "missing";
  readonly pin: string;
  readonly network: "home" | "roaming" | "none" | "denied" | "lte";
  readonly chatter?: boolean;
  readonly reports: "delivered" | "undelivered" | "none" | "trying-then-delivered";
  readonly reportDelayMs: number;
  readonly oracle?: string;
  readonly seconds?: number;
};

const addModem = (program: Command, { wholeIn, numberIn }: NumberParsers): Command =>
  program
    .command("modem")
    .description("Act as a GSM modem on a serial port, see docs/channels-gsm-modem.md (needs python3)")
    .requiredOption(...dirOption)
    .option("--control-port <port>", "port of the control API; 0 takes a free one", wholeIn(0, 65_535), 0)
    .option("--submit <how>", `${modemSubmits.join(", ")}, or a line like "+CMS ERROR: 38"`, "normal")
    .option("--count <n>", "so many messages are treated like that, then normal", wholeIn(1, 1e6))
    .option("--delay-ms <n>", "the network takes so long for a message", wholeIn(0, 600_000), 1_000)
    .addOption(new Option("--sim <state>").choices(["ready", "pin", "puk", "missing"]).default("ready"))
    .option("--pin <digits>", "the SIM's PIN", "1234")
    .addOption(new Option("--network <state>").choices(["home", "roaming", "none", "denied", "lte"]).default("home"))
    .option("--chatter", "say things in the middle of answers")
    .addOption(
      new Option("--reports <how>", "what status reports say")
        .choices(["delivered", "undelivered", "none", "trying-then-delivered"])
        .default("delivered"),
    )
    .option("--report-delay-ms <n>", "they come so late", wholeIn(0, 86_400_000), 2_000)
    .option(...oracleOption)
    .option("--seconds <n>", "end after so many seconds", numberIn(0.1, 1e7));

/** Adds the simulators of networks and modems: `smsc`, `modem`. */
export const addMessagingCommands = (
  program: Command,
  parsers: NumberParsers,
  { writeLine, signal }: { readonly writeLine: WriteLine; readonly signal: AbortSignal },
): void => {
  addSmsc(program, parsers).action(async (given: SmscArguments) => {
    const { dir, port, controlPort, key, cert, oracle, seconds, count, ...behaviour } = given;
    const options = { dir, port, controlPort, key, cert, oracle, seconds };
    await smscCommand({ ...options, behaviour: { ...behaviour, count: count ?? null } }, writeLine, signal);
  });
  addModem(program, parsers).action(async (given: ModemArguments) => {
    const { dir, controlPort, oracle, seconds, count, chatter, ...rest } = given;
    const behaviour = { ...rest, count: count ?? null, chatter: chatter === true };
    await modemCommand({ dir, controlPort, oracle, seconds, behaviour }, writeLine, signal);
  });
};
