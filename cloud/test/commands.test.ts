import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnrolmentCode } from "@mingcheng/protocols";
import { Command } from "commander";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { checkCommand } from "../src/commands/check-command.ts";
import { addExportCommand } from "../src/commands/export-command.ts";
import { addGatewayCommands } from "../src/commands/gateway-commands.ts";
import { addKeysCommands } from "../src/commands/keys-commands.ts";
import { terminalLanguage } from "../src/commands/language.ts";
import { addRebuildCommand } from "../src/commands/rebuild-command.ts";
import { addRegisterCommands } from "../src/commands/register-commands.ts";
import { addRoutingCommands } from "../src/commands/routing-commands.ts";
import { addUserCommands } from "../src/commands/user-commands.ts";
import { addVerifyCommand } from "../src/commands/verify-command.ts";
import { nodeCrypto } from "../src/crypto/node-crypto.ts";
import { lockDataDirectory } from "../src/store/data-directory.ts";

const data = mkdtempSync(join(tmpdir(), "mingcheng-commands-"));
const environment = { ...process.env };
afterEach(() => {
  process.env = { ...environment };
});
afterAll(() => rmSync(data, { recursive: true, force: true }));

/** Runs a command in this process, as if it had been typed; returns what it printed. */
const type = async (...args: string[]): Promise<string> => {
  const said: string[] = [];
  const program = new Command()
    .exitOverride()
    .configureOutput({ writeOut: (text) => said.push(text), writeErr: () => undefined });
  const say = (text: string) => void said.push(text);
  const asking = [addGatewayCommands, addUserCommands, addExportCommand, addVerifyCommand, addRegisterCommands];
  for (const add of [...asking, addKeysCommands, addRebuildCommand, addRoutingCommands]) add(program, say);
  await program.parseAsync([...args, "--data", data], { from: "user" });
  return said.join("\n");
};

describe("commands of the centre", () => {
  it("make codes that name centre and gateway, and list, disable and enable gateways", async () => {
    const lines = (await type("gateway", "add", "market-a", "market-b", "--site", "松柏市场", "--json")).split("\n");
    const codes = lines.map((line) => JSON.parse(line) as { gateway: string; code: string; expiresAt: string });
    expect(codes.map(({ gateway }) => gateway)).toEqual(["market-a", "market-b"]);
    expect(parseEnrolmentCode(nodeCrypto.sha256, codes[0]?.code ?? "")).toMatchObject({ gw: "market-a", port: 8443 });
    process.env["LANG"] = "zh_CN.UTF-8";
    expect(await type("gateway", "add", "market-c")).toMatch(/登记码，只能用一次[\s\S]*mc1\./);
    await type("gateway", "disable", "market-b");
    const states = (text: string) => text.split("\n").map((line) => line.split(/\s+/));
    expect(states(await type("gateway", "list"))).toEqual([
      ["网关", "状态", "场所"],
      ["market-a", "待登记", "松柏市场"],
      ["market-b", "停用", "松柏市场"],
      ["market-c", "待登记", "market-c"],
    ]);
    await type("gateway", "enable", "market-b");
    expect(await type("gateway", "list", "--json")).not.toMatch(/"disabledAt":"/);
    await expect(type("gateway", "disable", "market-z")).rejects.toMatchObject({ code: "GATEWAY_UNKNOWN" });
    await expect(type("gateway", "add", "Market A")).rejects.toMatchObject({ code: "INPUT_INVALID" });
  });

  it("add users with a password that is shown once, and reset it", async () => {
    process.env["LANG"] = "en_GB.UTF-8";
    expect(await type("user", "add", "li.wei", "--role", "inspector")).toMatch(/shown only now\): [a-z2-9-]{24}$/);
    expect(await type("user", "list")).toBe("li.wei                            inspector");
    expect(await type("user", "add", "wu.mei", "--role", "operator")).toMatch(
      /^wu.mei sees nothing yet: name areas with user scope wu.mei --area <code>/,
    );
    await expect(type("user", "scope", "li.wei", "--area", "nowhere")).rejects.toMatchObject({ field: "area" });
    await expect(type("user", "scope", "li.wei")).rejects.toMatchObject({ code: "INPUT_INVALID", field: "--area" });
    await type("user", "disable", "wu.mei");
    await type("user", "role", "wu.mei", "--role", "centre");
    expect(await type("user", "list")).toContain("wu.mei                            centre         disabled");
    expect(await type("user", "reset", "li.wei")).toMatch(/One-time password of li\.wei/);
    await expect(type("user", "add", "wang", "--role", "king")).rejects.toThrow(/Allowed choices/);
    await expect(type("user", "reset", "nobody")).rejects.toMatchObject({ code: "USER_UNKNOWN" });
  });

  it("show public keys and never a private one", async () => {
    expect(JSON.parse(await type("keys", "--json"))).toEqual({ centre: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const shown = await type("keys");
    expect(shown.split("\n").map((line) => line.split(/\s+/)[0])).toEqual([
      "receipt",
      "command",
      "manifest",
      "authority",
    ]);
    await expect(type("verify", join(data, "missing.mcx"))).rejects.toMatchObject({ code: "INPUT_INVALID" });
    await expect(type("export", "--gateway", "market-z", "--out", join(data, "x"))).rejects.toMatchObject({
      code: "GATEWAY_UNKNOWN",
    });
  });

  it("rebuild only while no centre runs", async () => {
    expect(await type("rebuild")).toMatch(/next start|下次启动/);
    const lock = await lockDataDirectory(data);
    await expect(type("rebuild")).rejects.toMatchObject({ code: "DATA_DIRECTORY_LOCKED" });
    lock.release();
  });

  it("check a configuration and name every fault", async () => {
    const path = join(data, "cloud.yaml");
    const said: string[] = [];
    writeFileSync(path, "mqtts: { port: 8883 }\npublicHost: centre.example.org\n");
    expect(await checkCommand(path, (text) => said.push(text))).toBe(0);
    writeFileSync(path, "mqtts: { prot: 8883 }\ntimezone: Mars\n");
    expect(await checkCommand(path, (text) => said.push(text))).toBe(1);
    expect(said.slice(1, -1).every((line) => line.startsWith(`${path}:`))).toBe(true);
    expect(said.at(-1)).toBe("2 to correct. Then check again.");
    said.length = 0;
    const channels = [
      { type: "wecom", name: "group", keyFile: join(data, "none") },
      { type: "console" },
      { type: "console" },
    ];
    writeFileSync(path, JSON.stringify({ channels }, null, 1));
    process.env["LANG"] = "zh_CN.UTF-8";
    expect(await checkCommand(path, (text) => said.push(text))).toBe(1);
    expect(said).toEqual([
      `${path}:6: channels.0.keyFile: ${join(data, "none")} 无法读取`,
      `${path}:11: channels.2.name: 已有名为 console 的渠道`,
      "共 2 处错误。改正后重新检查。",
    ]);
    await expect(checkCommand(join(data, "no.yaml"), () => undefined)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
  });

  it("say who would be told of an alert, of a rule that there is", async () => {
    await type("register", "sample");
    const who = ["routing", "who", "--site", "songbai", "--severity", "alarm"] as const;
    const told = await type(...who, "--rule", "test-positive");
    expect(told.split("\n").at(-1)).toMatch(/role:centre/);
    expect(await type(...who, "--rule", "rule-broken")).not.toBe("");
    const wrong = type(...who, "--rule", "test-positve");
    await expect(wrong).rejects.toMatchObject({
      code: "INPUT_INVALID",
      field: "--rule",
      message: expect.stringMatching(/^test-positve: /),
    });
  });

  it("speak the terminal's language", () => {
    for (const [LANG, language] of [
      ["zh_CN.UTF-8", "zh"],
      ["en_GB.UTF-8", "en"],
      ["C", "en"],
    ] as const) {
      process.env = { LANG };
      expect(terminalLanguage()).toBe(language);
    }
    process.env = { LANG: "en_GB.UTF-8", LC_ALL: "zh_CN.UTF-8" };
    expect(terminalLanguage()).toBe("zh");
  });
});
