import { userRoles } from "@mingcheng/protocols";
import { type Command, Option } from "commander";
import { openRegister } from "../register/register-database.ts";
import { UserRegister } from "../users/user-register.ts";
import { type DataOptions, withDataOptions } from "./data-options.ts";
import { inLanguage } from "./language.ts";

type Say = (text: string) => void;

const withUsers = async <Result>(
  dataDirectory: string,
  body: (users: UserRegister) => Result | Promise<Result>,
): Promise<Result> => {
  const database = openRegister(dataDirectory);
  try {
    return await body(new UserRegister(database));
  } finally {
    database.close();
  }
};

/** Most that is read as a password. */
const maxInputBytes = 4 * 1024;

/** The first line of standard input. */
const firstLine = async (): Promise<string> => {
  let text = "";
  process.stdin.setEncoding("utf8");
  for await (const piece of process.stdin as AsyncIterable<string>) {
    text += piece;
    if (text.includes("\n") || text.length > maxInputBytes) break;
  }
  return text.split(/\r?\n/)[0] ?? "";
};

const showOnce = (say: Say, name: string, password: string): void =>
  say(
    inLanguage(
      `用户 ${name} 的一次性密码（只显示这一次）：${password}`,
      `One-time password of ${name} (shown only now): ${password}`,
    ),
  );

interface AddOptions extends DataOptions {
  readonly role: string;
  readonly passwordStdin?: boolean;
}

const add = async (name: string, options: AddOptions, say: Say): Promise<void> => {
  const given = options.passwordStdin === true ? { password: await firstLine() } : {};
  const { role } = options;
  const { oneTimePassword } = await withUsers(options.data, (users) => users.add({ name, role, ...given }, Date.now()));
  if (oneTimePassword !== null) showOnce(say, name, oneTimePassword);
};

const list = async (options: DataOptions & { json?: boolean }, say: Say): Promise<void> => {
  const users = await withUsers(options.data, (register) => register.list());
  if (options.json === true) {
    say(JSON.stringify(users));
    return;
  }
  for (const { name, role, disabledAt } of users) {
    say(
      `${name.padEnd(32)}  ${role.padEnd(13)}  ${disabledAt === null ? "" : inLanguage("停用", "disabled")}`.trimEnd(),
    );
  }
};

/** `user add | list | reset`. */
export const addUserCommands = (program: Command, say: Say): void => {
  const user = program.command("user").description("管理用户 / manage users");
  withDataOptions(user.command("add"))
    .description("添加用户；不给密码则生成一次性密码 / add a user; without a password a one-time password is made")
    .argument("<name>", "用户名 / user name")
    .addOption(new Option("--role <role>", "角色 / role").choices([...userRoles]).makeOptionMandatory())
    .option("--password-stdin", "从标准输入第一行读取密码 / read the password from the first line of standard input")
    .action((name: string, options: AddOptions) => add(name, options, say));
  withDataOptions(user.command("list"))
    .description("列出用户 / list the users")
    .option("--json", "以 JSON 输出 / print JSON")
    .action((options: DataOptions & { json?: boolean }) => list(options, say));
  withDataOptions(user.command("reset"))
    .description("为用户生成新的一次性密码，结束其会话 / make a new one-time password for a user and end the sessions")
    .argument("<name>", "用户名 / user name")
    .action(async (name: string, options: DataOptions) => {
      showOnce(say, name, await withUsers(options.data, (users) => users.reset(name, Date.now())));
    });
};
