import type { Command } from "commander";
import { terminalActor, withAudit } from "../audit/open-audit.ts";
import { GatewayRegister } from "../register/gateway-register.ts";
import { withKeyHistory } from "../register/key-history.ts";
import { openRegister } from "../register/register-database.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { codePrinter } from "./code-printer.ts";
import { type DataOptions, withDataOptions, withPresentData } from "./data-options.ts";
import { addGatewayOrderCommands } from "./gateway-order-commands.ts";
import { addGatewayTrustCommands } from "./gateway-trust-commands.ts";
import { inLanguage } from "./language.ts";

type Say = (text: string) => void;

/** Runs `body` on the register of a data directory, created when missing. */
const withRegister = <Result>(
  dataDirectory: string,
  body: (register: GatewayRegister, database: SqliteDatabase) => Result,
): Result => {
  const database = openRegister(dataDirectory);
  try {
    return body(new GatewayRegister(database), database);
  } finally {
    database.close();
  }
};

interface AddOptions extends DataOptions {
  readonly site?: string;
  readonly json?: boolean;
}

const add = async (gateways: readonly string[], options: AddOptions, say: Say): Promise<void> => {
  const print = await codePrinter(options, say, {
    zh: "在网关上运行：mingcheng-gateway enrol --code <登记码> --data /var/lib/mingcheng-gateway",
    en: "At the gateway: mingcheng-gateway enrol --code <code> --data /var/lib/mingcheng-gateway",
  });
  const codes = await withAudit(options.data, (audit, database) =>
    database
      .transaction(() => {
        const register = new GatewayRegister(database);
        return gateways.map((gw) => {
          const code = register.addCode(gw, options.site, Date.now());
          const detail = { site: options.site ?? null, expiresAt: code.expiresAt };
          audit.append({ actor: terminalActor(), action: "gateway.added", subject: `gateway:${gw}`, detail });
          return { gw, ...code };
        });
      })
      .immediate(),
  );
  print(codes);
};

const list = (options: DataOptions & { json?: boolean }, say: Say): void => {
  const gateways = withRegister(options.data, (register, database) =>
    withKeyHistory(database, options.data, register.gateways()),
  );
  if (options.json === true) {
    const rows = gateways.map(({ keys, ...rest }) => ({
      ...rest,
      keys: keys.map(({ kid, since, revokedFrom }) => ({ kid, since, revokedFrom })),
    }));
    say(JSON.stringify(rows));
    return;
  }
  const width = Math.max(7, ...gateways.map(({ gw }) => gw.length));
  say(
    `${inLanguage("网关", "gateway").padEnd(width)}  ${inLanguage("状态", "status").padEnd(10)}  ${inLanguage("场所", "site")}`,
  );
  for (const { gw, site, enrolledAt, disabledAt } of gateways) {
    const status =
      disabledAt !== null
        ? inLanguage("停用", "disabled")
        : enrolledAt !== null
          ? inLanguage("已登记", "enrolled")
          : inLanguage("待登记", "waiting");
    say(`${gw.padEnd(width)}  ${status.padEnd(10)}  ${site}`);
  }
};

/** `gateway add | list | disable | enable`, and those about keys and lines. */
export const addGatewayCommands = (program: Command, say: Say): void => {
  const gateway = program.command("gateway").description("登记和管理网关 / register and manage gateways");
  withDataOptions(gateway.command("add"))
    .description("登记网关并生成登记码（24 小时内使用一次） / register a gateway and make its enrolment code")
    .argument("<id...>", "网关编号：小写字母、数字、连字符 / gateway ids: lower-case letters, digits, hyphens")
    .option("--site <name>", "所在场所名称 / name of the place where it stands")
    .option("--json", "以 JSON 输出，每个网关一行 / print JSON, one line per gateway")
    .action((gateways: string[], options: AddOptions) => add(gateways, options, say));
  withPresentData(gateway.command("list"))
    .description("列出网关 / list the gateways")
    .option("--json", "以 JSON 输出 / print JSON")
    .action((options: DataOptions & { json?: boolean }) => list(options, say));
  for (const [name, disabled, text] of [
    ["disable", true, "停用网关，立即断开；已有记录保留 / let a gateway in no more; its records stay"],
    ["enable", false, "重新启用网关 / let a gateway in again"],
  ] as const) {
    withPresentData(gateway.command(name))
      .description(text)
      .argument("<id>", "网关编号 / gateway id")
      .action((gw: string, options: DataOptions) =>
        withAudit(options.data, (audit, database) => {
          const action = disabled ? "gateway.disabled" : "gateway.enabled";
          database
            .transaction(() => {
              new GatewayRegister(database).setDisabled(gw, disabled, Date.now());
              audit.append({ actor: terminalActor(), action, subject: `gateway:${gw}` });
            })
            .immediate();
        }),
      );
  }
  addGatewayTrustCommands(gateway, say);
  addGatewayOrderCommands(gateway, say);
};
