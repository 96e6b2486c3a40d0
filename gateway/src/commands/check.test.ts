import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runCheck } from "./check.ts";
import { languageOf } from "./language.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "mingcheng-check-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const check = async (text: string): Promise<{ code: number; said: string }> => {
  const path = join(dir, "gateway.yaml");
  writeFileSync(path, text);
  const lines: string[] = [];
  const code = await runCheck(path, (line) => lines.push(line));
  return { code, said: lines.join("\n").replaceAll(path, "gateway.yaml") };
};

const device = (id: string, address: string, more = "") =>
  `  - id: ${id}\n    protocol: yaohua-a9\n    address: ${address}\n    options: { unit: kg }\n${more}`;

describe("mingcheng-gateway check", () => {
  it("says in both languages what is wrong, where, and what to do; exit code 1", async () => {
    const { code, said } = await check(`devices:\n${device("a", "tcp://192.0.2.1:4001")}${device("a", "/dev/ttyS0")}`);
    expect(code).toBe(1);
    expect(said).toContain("gateway.yaml:2: devices[0].insecureTransport: tcp:// 为明文传输");
    expect(said).toContain("gateway.yaml:2: devices[0].insecureTransport: tcp:// is plain text");
    expect(said).toContain("gateway.yaml:6: devices[1].id: devices[0] 已使用这个编号");
    expect(said).toContain("gateway.yaml:6: devices[1].id: devices[0] has this id already");
    expect(said).toMatch(/下一步：[\s\S]*Next:/);
  });

  it("says what is good and which lines are plain text; exit code 0; touches nothing", async () => {
    const data = join(dir, "data");
    const text = `data: ${data}\ndevices:\n${device("a", "tcp://192.0.2.1:4001", "    insecureTransport: true\n")}`;
    const { code, said } = await check(text);
    expect(code).toBe(0);
    expect(said).toContain("配置正确，1 台设备");
    expect(said).toContain("tcp://192.0.2.1:4001 is plain text");
    expect(readdirSync(dir)).toEqual(["gateway.yaml"]);
  });

  it("answers with 1 when there is no such file", async () => {
    const lines: string[] = [];
    expect(await runCheck(join(dir, "missing.yaml"), (line) => lines.push(line))).toBe(1);
    expect(lines.join("\n")).toMatch(/配置文件有误[\s\S]*the configuration is not valid/);
  });
});

describe("the language", () => {
  it.each([
    [{}, "zh"],
    [{ LANG: "C.UTF-8" }, "zh"],
    [{ LANG: "zh_CN.UTF-8" }, "zh"],
    [{ LANG: "en_GB.UTF-8" }, "en"],
    [{ LANG: "en_GB.UTF-8", LC_ALL: "zh_CN.UTF-8" }, "zh"],
    [{ LANG: "zh_CN.UTF-8", LC_ALL: "en" }, "en"],
    [{ LANG: "enm_XX" }, "zh"],
  ] as const)("of %j is %s", (env, language) => {
    expect(languageOf(env)).toBe(language);
  });
});
