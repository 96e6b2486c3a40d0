import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { MingchengError } from "@mingcheng/protocols";
import { isSettled } from "@mingcheng/protocols/commands";
import type { Command } from "commander";
import { parse } from "yaml";
import { terminalActor, withAudit } from "../audit/open-audit.ts";
import { bundleOf } from "../commanding/bundle-shelf.ts";
import type { Order } from "../commanding/order.ts";
import { OrderDesk, type Ordering } from "../commanding/order-desk.ts";
import { OrderStore } from "../commanding/order-store.ts";
import { orderView } from "../commanding/order-view.ts";
import { clipsFolder } from "../media/clip-files.ts";
import { openRegister } from "../register/register-database.ts";
import { type DataOptions, withPresentData } from "./data-options.ts";
import { inLanguage } from "./language.ts";
import { orderLine, orderRows } from "./order-text.ts";

type Say = (text: string) => void;

interface OrderOptions extends DataOptions {
  readonly ttl: string;
  readonly note: string;
  readonly wait?: string | true;
  readonly json?: boolean;
}

interface CommandOptions extends OrderOptions {
  readonly device?: string;
  readonly level?: string;
  readonly for?: string;
  readonly port?: string[];
  readonly seconds?: string;
  readonly probe?: boolean;
  readonly from?: string;
  readonly until?: string;
  readonly hold?: string;
  readonly why?: string;
  readonly ref?: string;
  readonly body?: string;
}

const lookEveryMs = 200;
const defaultWaitSeconds = "120";
const shownOrders = 50;

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30s`, `10m`, `2h`, `7d` in milliseconds. */
const durationMs = (text: string, field: string): number => {
  const [, number, unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (number === undefined) throw new MingchengError("INPUT_INVALID", `${text}: write 30s, 10m, 2h or 7d`, { field });
  return Number(number) * (unitMs[unit] ?? 0);
};

const orderingOf = (gw: string, { ttl, note }: OrderOptions): Ordering => ({
  ...{ gw, by: terminalActor(), note, ttlMs: durationMs(ttl, "--ttl"), nowMs: Date.now() },
});

/** Options that stand in the body under their own names. */
const plainOptions = ["device", "level", "from", "until", "hold", "why", "ref"] as const;

const bodyOf = ({ body, port, seconds, probe, ...rest }: CommandOptions): unknown => {
  if (body !== undefined) {
    try {
      return JSON.parse(body) as unknown;
    } catch (cause) {
      throw new MingchengError("INPUT_INVALID", "not JSON", { field: "--body", cause });
    }
  }
  return {
    ...Object.fromEntries(plainOptions.flatMap((name) => (rest[name] === undefined ? [] : [[name, rest[name]]]))),
    ...(rest.for === undefined ? {} : { forMs: durationMs(rest.for, "--for") }),
    ...(port === undefined ? {} : { ports: port }),
    ...(seconds === undefined ? {} : { seconds: Number(seconds) }),
    ...(probe === undefined ? {} : { probe }),
  };
};

const onRegister = <Result>(dataDirectory: string, body: (store: OrderStore) => Result): Result => {
  const database = openRegister(dataDirectory);
  try {
    return body(new OrderStore(database));
  } finally {
    database.close();
  }
};

/** Says how it went, at once or when it has ended; sets the exit code of whoever waits: 0 when it is done. */
const follow = async (gw: string, id: string, options: OrderOptions, say: Say): Promise<void> => {
  const look = (): Order => onRegister(options.data, (store) => store.one(gw, id));
  const tell = (order: Order): void => say(options.json === true ? JSON.stringify(orderView(order)) : orderLine(order));
  if (options.wait === undefined) {
    tell(look());
    if (options.json !== true) {
      say(
        inLanguage(
          `结果见 mingcheng-cloud gateway commands ${gw}。中心须在运行，网关须在线`,
          `See mingcheng-cloud gateway commands ${gw}. The centre must run, and the gateway be connected`,
        ),
      );
    }
    return;
  }
  const seconds = Number(options.wait === true ? defaultWaitSeconds : options.wait);
  if (!(seconds > 0)) throw new MingchengError("INPUT_INVALID", "how many seconds?", { field: "--wait" });
  const endMs = performance.now() + seconds * 1000;
  let order = look();
  while (!isSettled(order.state) && performance.now() < endMs) {
    await delay(lookEveryMs);
    order = look();
  }
  tell(order);
  process.exitCode = order.state === "done" ? 0 : 1;
};

const command = async (gw: string, kind: string, options: CommandOptions, say: Say): Promise<void> => {
  const [body, ordering] = [bodyOf(options), orderingOf(gw, options)];
  const id = await withAudit(options.data, (audit, register) =>
    new OrderDesk(register, audit).command(kind, body, ordering),
  );
  await follow(gw, id, options, say);
};

const settingsIn = async (path: string): Promise<unknown> => {
  try {
    return parse(await readFile(path, "utf8")) as unknown;
  } catch (cause) {
    const reason = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
    throw new MingchengError("INPUT_INVALID", `${path}: ${reason}`, { field: "--file", cause });
  }
};

const configure = async (gw: string, options: OrderOptions & { file: string }, say: Say): Promise<void> => {
  const settings = await settingsIn(options.file);
  const ordering = orderingOf(gw, options);
  const id = await withAudit(options.data, (audit, register) =>
    new OrderDesk(register, audit).configure(settings, ordering),
  );
  await follow(gw, id, options, say);
};

const list = (gw: string, options: DataOptions & { json?: boolean }, say: Say): void => {
  const orders = onRegister(options.data, (store) => store.of(gw, shownOrders));
  if (options.json === true) say(JSON.stringify(orders.map(orderView)));
  else for (const row of orderRows(orders)) say(row);
};

const bundle = async (gw: string, id: string, options: DataOptions & { out: string }, say: Say): Promise<void> => {
  onRegister(options.data, (store) => store.one(gw, id));
  await writeFile(options.out, await bundleOf(options.data, id), { mode: 0o600 });
  say(inLanguage(`已写入 ${options.out}`, `Written to ${options.out}`));
};

const clip = async (gw: string, id: string, options: DataOptions & { out: string }, say: Say): Promise<void> => {
  onRegister(options.data, (store) => store.one(gw, id));
  const names: readonly string[] = await readdir(join(clipsFolder(options.data), id)).catch(() => []);
  if (!names.includes("clip.json") || names.some((name) => name.startsWith(".")) || !names.includes("clip.sig.json")) {
    throw new MingchengError("NOT_FOUND", `${id} is not here (yet): ${names.length} files`, { field: "command" });
  }
  await cp(join(clipsFolder(options.data), id), options.out, { recursive: true, errorOnExist: true, force: false });
  say(
    inLanguage(
      `已写入 ${options.out}；核验：mingcheng-gateway verify-clip`,
      `Written to ${options.out}; to verify: mingcheng-gateway verify-clip`,
    ),
  );
};

const withOrderOptions = (from: Command): Command =>
  withPresentData(from)
    .option("--ttl <time>", "有效期，如 30s、10m、2h、7d / good for: 30s, 10m, 2h, 7d", "1h")
    .option("--note <text>", "原因，与命令一并保存 / why; kept with the command", "")
    .option("--wait [seconds]", "等待结果，成功时退出码为 0 / wait for its end; exit code 0 when it is done")
    .option("--json", "以 JSON 输出 / print JSON");

/** `gateway command | configure | commands | bundle`: signed commands and configurations, and what became of them. */
export const addGatewayOrderCommands = (gateway: Command, say: Say): void => {
  const id = ["<id>", "网关编号 / gateway id"] as const;
  withOrderOptions(gateway.command("command"))
    .description("向网关下发命令，见 docs/commands.md / order a command to a gateway, see docs/commands.md")
    .argument(...id)
    .argument(
      "<kind>",
      "restart-driver, detect, log-level, diagnostics, tare, zero, camera-still, camera-clip, camera-hold, camera-release",
    )
    .option(
      "--device <id>",
      "设备编号（restart-driver、tare、zero、camera-*） / device id (restart-driver, tare, zero, camera-*)",
    )
    .option("--level <level>", "日志级别（log-level） / level of the log (log-level)")
    .option("--for <time>", "多久后自动恢复（log-level） / back by itself after so long (log-level)")
    .option(
      "--port <address...>",
      "监听的端口（detect），默认为空闲串口 / ports to listen to (detect); default: those free",
    )
    .option("--seconds <n>", "每个端口监听几秒（detect） / listen to a port for so long (detect)")
    .option("--probe", "监听无果时发送只读询问（detect） / send read requests where listening finds nothing (detect)")
    .option(
      "--from <time>",
      "起（camera-clip、camera-hold），ISO 8601 带时区 / from (camera-clip, camera-hold), ISO 8601 with offset",
    )
    .option("--until <time>", "止 / until")
    .option("--hold <id>", "保全编号（camera-release） / id of the hold (camera-release)")
    .option("--why <text>", "原因（camera-hold、camera-release） / why (camera-hold, camera-release)")
    .option("--ref <text>", "案号、预警编号等（camera-*） / reference, such as a case (camera-*)")
    .option("--body <json>", "直接给出命令内容 / the command's body as JSON, instead of the options above")
    .action((gw: string, kind: string, options: CommandOptions) => command(gw, kind, options, say));
  withOrderOptions(gateway.command("configure"))
    .description(
      "下发配置：devices 与 log，未被确认时网关自动回退 / send a configuration (devices, log); the gateway goes back by itself unless it proves good",
    )
    .argument(...id)
    .requiredOption("--file <file>", "YAML 文件，格式同网关配置 / YAML file, as in the gateway's own configuration")
    .action((gw: string, options: OrderOptions & { file: string }) => configure(gw, options, say));
  withPresentData(gateway.command("commands"))
    .description("列出下发给网关的命令和结果 / list the commands of a gateway and what became of them")
    .argument(...id)
    .option("--json", "以 JSON 输出 / print JSON")
    .action((gw: string, options: DataOptions & { json?: boolean }) => list(gw, options, say));
  withPresentData(gateway.command("bundle"))
    .description(
      "取出 diagnostics 的诊断包或 camera-still 的照片 / fetch what a diagnostics or camera-still command brought",
    )
    .argument(...id)
    .argument("<command>", "命令编号，见 gateway commands / the command's id, see gateway commands")
    .requiredOption(
      "--out <file>",
      "写入的文件：诊断包为 gzip 压缩的 JSON，照片为 JPEG / file to write: gzipped JSON, or JPEG of a picture",
    )
    .action((gw: string, order: string, options: DataOptions & { out: string }) => bundle(gw, order, options, say));
  withPresentData(gateway.command("clip"))
    .description("取出 camera-clip 命令的录像片段 / fetch the clip that a camera-clip command brought")
    .argument(...id)
    .argument("<command>", "命令编号，见 gateway commands / the command's id, see gateway commands")
    .requiredOption("--out <folder>", "写入的文件夹 / folder to write")
    .action((gw: string, order: string, options: DataOptions & { out: string }) => clip(gw, order, options, say));
};
