import { MingchengError, userRoles } from "@mingcheng/protocols";
import { type Command, Option } from "commander";
import { terminalActor, withAudit } from "../audit/open-audit.ts";
import { loadCloudConfig } from "../config/cloud-config.ts";
import { People } from "../duty/people.ts";
import { zoneClock } from "../register/model/validity.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { Cover } from "../users/cover.ts";
import { linkOfficer } from "../users/officer-link.ts";
import { type Doer, type RegisteredUser, UserRegister } from "../users/user-register.ts";
import { type DataOptions, withDataOptions, withPresentData } from "./data-options.ts";
import { inLanguage } from "./language.ts";

type Say = (text: string) => void;

const withUsers = <Result>(
  dataDirectory: string,
  body: (users: UserRegister) => Result | Promise<Result>,
): Promise<Result> => withAudit(dataDirectory, (audit, register) => body(new UserRegister(register, { audit })));

/** Whoever sits at the terminal. */
const here = (): Doer => ({ actor: terminalActor() });

const peopleOf = (register: SqliteDatabase): People =>
  new People(
    () => register,
    () => Number(register.pragma("data_version", { simple: true })),
  );

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

interface ScopeOptions extends DataOptions {
  readonly area: readonly string[];
  readonly site: readonly string[];
}

interface AddOptions extends ScopeOptions {
  readonly role: string;
  readonly passwordStdin?: boolean;
}

const scopeOf = ({ area, site }: ScopeOptions) => ({ areas: [...area], sites: [...site] });

const coverOf = ({ role, areas, sites }: RegisteredUser): Cover =>
  Cover.of(role, { areas: [...areas], sites: [...sites] });

const sayScope = (say: Say, user: RegisteredUser): void => {
  const { name, areas, sites } = user;
  const { whole } = coverOf(user);
  const named = [...areas.map((code) => `--area ${code}`), ...sites.map((code) => `--site ${code}`)].join(" ");
  say(
    whole
      ? inLanguage(`${name} 可见整个中心`, `${name} sees the whole centre`)
      : named === ""
        ? inLanguage(
            `${name} 目前什么都看不到：用 user scope ${name} --area <编号> 指定辖区`,
            `${name} sees nothing yet: name areas with user scope ${name} --area <code>`,
          )
        : inLanguage(`${name} 可见：${named}`, `${name} sees: ${named}`),
  );
};

const add = async (name: string, options: AddOptions, say: Say): Promise<void> => {
  const given = options.passwordStdin === true ? { password: await firstLine() } : {};
  const user = { name, role: options.role, scope: scopeOf(options), ...given };
  await withUsers(options.data, async (users) => {
    const { oneTimePassword } = await users.add(user, Date.now(), here());
    const added = users.get(name);
    if (!coverOf(added).whole) sayScope(say, added);
    if (oneTimePassword !== null) showOnce(say, name, oneTimePassword);
  });
};

const scope = async (name: string, options: ScopeOptions & { readonly none?: boolean }, say: Say): Promise<void> => {
  const wanted = scopeOf(options);
  if (wanted.areas.length + wanted.sites.length > 0 === (options.none === true)) {
    throw new MingchengError("INPUT_INVALID", "either --area and --site, or --none", { field: "--area" });
  }
  await withUsers(options.data, (users) => {
    users.setScope(name, wanted, here());
    sayScope(say, users.get(name));
  });
};

interface OfficerOptions extends DataOptions {
  readonly none?: boolean;
}

const officer = async (name: string, code: string | undefined, options: OfficerOptions, say: Say): Promise<void> => {
  if ((code === undefined) !== (options.none === true)) {
    throw new MingchengError("INPUT_INVALID", "either the code of an officer, or --none", { field: "officer" });
  }
  const { timezone } = await loadCloudConfig(options.config);
  await withAudit(options.data, (audit, register) => {
    const ports = { register, users: new UserRegister(register), clock: zoneClock(timezone), audit };
    linkOfficer({ ...ports, nowMs: () => Date.now() }, name, code ?? null, here());
    const known = peopleOf(register).officersOf(name, Date.now())[0];
    say(
      known === undefined
        ? inLanguage(`${name} 不对应登记册中的任何人员`, `${name} is no officer of the register`)
        : inLanguage(
            `${name} 是 ${known.name}（${known.code}）：派给该人员的预警是其待办`,
            `${name} is ${known.name} (${known.code}): alerts of this officer are theirs`,
          ),
    );
  });
};

const list = async (options: DataOptions & { json?: boolean }, say: Say): Promise<void> => {
  const users = await withAudit(options.data, (audit, register) => {
    audit.append({ actor: terminalActor(), action: "user.viewed", subject: "user:*" });
    const people = peopleOf(register);
    return new UserRegister(register)
      .list()
      .map((user) => ({ ...user, officer: people.officersOf(user.name, Date.now())[0] ?? null }));
  });
  if (options.json === true) {
    say(JSON.stringify(users));
    return;
  }
  for (const { name, role, areas, sites, disabledAt, officer: known } of users) {
    const standing = disabledAt === null ? "" : inLanguage("停用", "disabled");
    const who = known === null ? "" : `${known.name} (${known.code})`;
    const parts = [name.padEnd(32), role.padEnd(13), standing, [...areas, ...sites].join(","), who];
    say(
      parts
        .filter((part) => part !== "")
        .join("  ")
        .trimEnd(),
    );
  }
};

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

const withScopeOptions = (command: Command): Command =>
  command
    .option(
      "--area <code>",
      "可见的辖区及其下级，可重复 / an area that the user sees, with all below it; may be repeated",
      collect,
      [],
    )
    .option("--site <code>", "可见的场所，可重复 / a site that the user sees; may be repeated", collect, []);

const addStandingCommands = (user: Command): void => {
  withPresentData(user.command("role"))
    .description("更改用户的角色，结束其会话 / give a user another role and end the sessions")
    .argument("<name>", "用户名 / user name")
    .addOption(new Option("--role <role>", "角色 / role").choices([...userRoles]).makeOptionMandatory())
    .action((name: string, options: DataOptions & { readonly role: string }) =>
      withUsers(options.data, (users) => users.setRole(name, options.role, here())),
    );
  for (const [what, disabled, text] of [
    ["disable", true, "停用用户，结束其会话 / let a user in no more and end the sessions"],
    ["enable", false, "重新启用用户 / let a user in again"],
  ] as const) {
    withPresentData(user.command(what))
      .description(text)
      .argument("<name>", "用户名 / user name")
      .action((name: string, options: DataOptions) =>
        withUsers(options.data, (users) => users.setDisabled(name, disabled, Date.now(), here())),
      );
  }
};

/** `user add | list | scope | officer | role | reset | disable | enable`. */
export const addUserCommands = (program: Command, say: Say): void => {
  const user = program.command("user").description("管理用户 / manage users");
  withScopeOptions(withDataOptions(user.command("add")))
    .description("添加用户；不给密码则生成一次性密码 / add a user; without a password a one-time password is made")
    .argument("<name>", "用户名 / user name")
    .addOption(new Option("--role <role>", "角色 / role").choices([...userRoles]).makeOptionMandatory())
    .option("--password-stdin", "从标准输入第一行读取密码 / read the password from the first line of standard input")
    .action((name: string, options: AddOptions) => add(name, options, say));
  withPresentData(user.command("list"))
    .description("列出用户 / list the users")
    .option("--json", "以 JSON 输出 / print JSON")
    .action((options: DataOptions & { json?: boolean }) => list(options, say));
  withPresentData(user.command("reset"))
    .description("为用户生成新的一次性密码，结束其会话 / make a new one-time password for a user and end the sessions")
    .argument("<name>", "用户名 / user name")
    .action(async (name: string, options: DataOptions) => {
      showOnce(say, name, await withUsers(options.data, (users) => users.reset(name, Date.now(), here())));
    });
  withScopeOptions(withPresentData(user.command("scope")))
    .description(
      "指定用户可见的辖区和场所（取代原有的），结束其会话 / say which areas and sites a user sees, in place of before; ends the sessions",
    )
    .argument("<name>", "用户名 / user name")
    .option(
      "--none",
      "不限定：centre、administrator、auditor 可见整个中心，其他角色什么都看不到 / none: the whole centre for centre, administrator and auditor, nothing for others",
    )
    .action((name: string, options: ScopeOptions & { readonly none?: boolean }) => scope(name, options, say));
  withPresentData(user.command("officer"))
    .description(
      "指定用户对应登记册中的哪位人员，其预警即该用户的待办 / say which officer of the register a user is: that officer's alerts are theirs",
    )
    .argument("<name>", "用户名 / user name")
    .argument("[code]", "人员编号 / code of the officer")
    .option("--none", "不对应任何人员 / no officer")
    .action((name: string, code: string | undefined, options: OfficerOptions) => officer(name, code, options, say));
  addStandingCommands(user);
};
