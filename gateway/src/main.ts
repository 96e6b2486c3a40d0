import { once } from "node:events";
import { Command } from "commander";
import { addCameraCommands } from "./commands/camera/add-camera-commands.ts";
import type { DecodeOptions } from "./commands/decode.ts";
import { languageOf } from "./commands/language.ts";
import { keepHeapSmall } from "./small-heap.ts";
import { software } from "./software.ts";

const language = languageOf(process.env);
const text = (zh: string, en: string): string => (language === "zh" ? zh : en);
const writeLine = (line: string): void => void process.stdout.write(`${line}\n`);
const writeError = (line: string): void => void process.stderr.write(`${line}\n`);
const writeLineInTurn = async (line: string): Promise<void> => {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, "drain");
};
// A reader that went away (`| head`) is no fault.
process.stdout.on("error", () => process.exit(0));

/** Titles that commander itself writes. */
const titles: Readonly<Record<string, string>> = {
  "Usage:": "用法：",
  "Options:": "选项：",
  "Commands:": "命令：",
  "Arguments:": "参数：",
};

const configOption = ["--config <file>", text("配置文件（YAML）", "configuration file (YAML)")] as const;
const jsonOption = ["--json", text("以 JSON 输出", "print JSON")] as const;

// Every command loads only what it needs, after the heap was told to stay small: this module loads next to nothing.
const program = new Command("mingcheng-gateway")
  .description(
    text(
      "明秤网关：电子秤与检测仪的读数，落盘后才算采集",
      "Mingcheng gateway: from the devices' bytes to durable, signed records",
    ),
  )
  .version(software.version, "-V, --version", text("显示版本", "print the version"))
  .helpOption("-h, --help", text("显示帮助", "print this help"))
  .helpCommand("help [command]", text("显示某个命令的帮助", "print the help of a command"))
  .configureHelp({ styleTitle: (title) => (language === "zh" ? (titles[title] ?? title) : title) })
  .showHelpAfterError();

program
  .command("run")
  .description(text("运行网关，直到收到 SIGTERM", "run the gateway until SIGTERM"))
  .requiredOption(...configOption)
  .option("--ready-file <file>", text("可用后写入此文件（JSON）", "written, as JSON, once the gateway captures"))
  .action(async (options: { config: string; readyFile?: string }) => {
    keepHeapSmall();
    const { runGateway } = await import("./commands/run.ts");
    // Everything is closed and on disk: connections that still linger are not waited for.
    process.exit(await runGateway(options, language, writeError));
  });

program
  .command("check")
  .description(
    text(
      "检查配置文件，指出所有错误；不打开任何设备",
      "say everything that is wrong with a configuration; touches nothing",
    ),
  )
  .requiredOption(...configOption)
  .action(async ({ config }: { config: string }) => {
    const { runCheck } = await import("./commands/check.ts");
    process.exitCode = await runCheck(config, writeLine);
  });

program
  .command("enrol")
  .description(text("用中心给出的登记码登记本网关", "enrol this gateway with the code the centre printed"))
  .requiredOption("--code <code>", text("登记码", "the code"))
  .requiredOption("--data <dir>", text("数据目录，不存在时创建", "data directory, made when missing"))
  .option("--replace", text("更换已有登记的密钥或中心", "replace the key or the centre of an enrolled gateway"))
  .action(async (options: { code: string; data: string; replace?: boolean }) => {
    const { runEnrol } = await import("./commands/enrol.ts");
    await runEnrol(options, { writeLine: writeLineInTurn });
  });

program
  .command("rotate-key")
  .description(
    text(
      "为本网关更换封签密钥；运行中的网关自动换用，旧密钥封签的记录仍然有效",
      "give this gateway a new sealing key; a running gateway takes it over, what the old key sealed stays valid",
    ),
  )
  .requiredOption(...configOption)
  .action(async ({ config }: { config: string }) => {
    const { runRotateKey } = await import("./commands/rotate-key.ts");
    process.exitCode = await runRotateKey(config, language, { writeLine, writeError });
  });

program
  .command("status")
  .description(
    text(
      "显示运行中的网关的状态和下一步；一切正常时退出码为 0，需要处理为 1，没有运行为 2",
      "show how the running gateway is and what to do next; exit code 0 when all is well, 1 when something wants to be looked at, 2 when it does not run",
    ),
  )
  .option(...configOption)
  .option(...jsonOption)
  .action(async (options: { config?: string; json?: boolean }) => {
    const { runStatus } = await import("./commands/status.ts");
    process.exitCode = await runStatus(options, language, writeLine);
  });

program
  .command("fsck")
  .description(
    text(
      "校验发件箱的每个字节，报告内容和损坏；完好时退出码为 0，有损坏为 1；不加 --repair 时不改动任何内容",
      "verify every byte of the outbox and say what is in it and what is damaged; exit code 0 or 1; changes nothing without --repair",
    ),
  )
  .requiredOption("--data <dir>", text("数据目录", "data directory"))
  .option(
    "--repair",
    text("修复可以修复的部分（须先停止网关）", "repair what can be repaired (stop the gateway first)"),
  )
  .option(...jsonOption)
  .action(async (options: { data: string; repair?: boolean; json?: boolean }) => {
    const { runFsck } = await import("./commands/fsck.ts");
    process.exitCode = await runFsck(options, language, writeLine);
  });

program
  .command("decode")
  .description(
    text("解码设备字节，逐条显示（默认读标准输入）", "decode a device's bytes, by default from standard input"),
  )
  .option("--protocol <id>", text("设备协议，见 docs/devices", "device protocol, see docs/devices"))
  .option(
    "--config <file>",
    text("配置文件：按其中设备的选项解码", "a configuration: decode as one of its devices says"),
  )
  .option("--device <id>", text("配置文件中的设备", "the device in the configuration"))
  .option(
    "--hex <hex>",
    text("十六进制字节；- 从标准输入读取", "the bytes as hexadecimal text; - reads it from standard input"),
  )
  .option("--file <file>", text("含原始字节的文件", "a file with the raw bytes"))
  .option("--seven-bit", text("屏蔽校验位", "mask the parity bit"))
  .option(...jsonOption)
  .action(async (options: DecodeOptions) => {
    const { runDecode } = await import("./commands/decode.ts");
    await runDecode(options, { stdin: process.stdin, writeLine: writeLineInTurn });
  });

program
  .command("detect [ports...]")
  .description(
    text(
      "监听串口或 tcp:// 地址，说出是什么设备、什么参数，并给出配置；全部识别时退出码为 0，否则为 1",
      "listen to serial ports or tcp:// addresses and say which device speaks with which settings, with its configuration; exit code 0 when all are recognised, else 1",
    ),
  )
  .option(
    "--probe",
    text(
      "监听无果时发送只读询问（绝不发送置零、去皮、清除命令）",
      "where listening finds nothing, send read requests (never zero, tare or erase)",
    ),
  )
  .option("--seconds <n>", text("每个端口最多监听几秒", "listen to a port for at most so many seconds"), "15")
  .option(...jsonOption)
  .action(async (ports: string[], options: { probe?: boolean; seconds?: string; json?: boolean }) => {
    const { runDetect } = await import("./commands/detect.ts");
    const stopping = new AbortController();
    process.once("SIGINT", () => stopping.abort());
    const io = { writeLine, writeProgress: writeError, signal: stopping.signal };
    process.exitCode = await runDetect(ports, options, language, io);
  });

program
  .command("setup-code")
  .description(
    text(
      "给出打开安装设置网页的一次性设置码（配置中须有 web）；重新给出时旧的作废",
      "make the one-time code that opens the set-up page (web in the configuration); the one before is void",
    ),
  )
  .requiredOption(...configOption)
  .option(...jsonOption)
  .action(async (options: { config: string; json?: boolean }) => {
    const { runSetupCode } = await import("./commands/setup-code.ts");
    process.exitCode = await runSetupCode(options, language, writeLine);
  });

addCameraCommands(program, { text, language, writeLine });

const intake = program
  .command("intake")
  .description(text("管理局域网接入设备的密钥", "secrets of the devices of the LAN intake"));

intake
  .command("add")
  .description(text("为设备生成密钥，只显示一次", "make a device's secret; it is shown once"))
  .argument("<device>", text("设备编号，见配置 intake.devices", "device id, as in intake.devices of the configuration"))
  .option(...configOption)
  .option("--replace", text("换新密钥，旧密钥随即失效", "make a new one, the old one ends at once"))
  .option(...jsonOption)
  .action(async (device: string, options: { config?: string; replace?: boolean; json?: boolean }) => {
    const { addIntakeDevice } = await import("./commands/intake.ts");
    process.exitCode = await addIntakeDevice(device, options, { language, writeLine });
  });

intake
  .command("list")
  .description(text("列出接入设备及其密钥的生成时间", "list devices and since when they have a secret"))
  .option(...configOption)
  .option(...jsonOption)
  .action(async (options: { config?: string; json?: boolean }) => {
    const { listIntakeDevices } = await import("./commands/intake.ts");
    process.exitCode = await listIntakeDevices(options, { language, writeLine });
  });

intake
  .command("remove")
  .description(text("收回设备的密钥，其连接随即断开", "take a device's secret away; its connections end"))
  .argument("<device>", text("设备编号", "device id"))
  .option(...configOption)
  .action(async (device: string, options: { config?: string }) => {
    const { removeIntakeDevice } = await import("./commands/intake.ts");
    process.exitCode = await removeIntakeDevice(device, options, { language, writeLine });
  });

try {
  await program.parseAsync();
} catch (error) {
  const { explain } = await import("@mingcheng/protocols");
  writeError(explain(error, language));
  process.exitCode = 2;
}
