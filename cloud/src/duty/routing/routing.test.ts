import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { everyTier, putian } from "../../../test/tested-duty.ts";
import { type FileWatch, watchFiles } from "../../config/watch-files.ts";
import { loadRouting, readRoutingFor, requireChannels } from "./load-routing.ts";
import { parseRouting } from "./parse-routing.ts";
import { routeOf } from "./routing.ts";

const whole = `version: 1
name: { zh: 测试, en: test }
lastResort: { officer: chief }
routes:
  - id: leek
    level: { zh: 重大, en: major }
    match: { rules: [test-positive], labels: { item: 韭菜 } }
    path: [{ tier: city, receipt: 5m }]
  - id: all
    level: { zh: 一般, en: general }
    match: {}
    path:
      - { tier: operator, receipt: 10m }
      - { tier: station }
`;
const wrong = (from: string, to: string): string[] => {
  const read = parseRouting({ file: "r.yaml", text: whole.replace(from, to) });
  const issues = "issues" in read ? read.issues : [];
  for (const { message } of issues) expect(message.zh).toMatch(/^(?!表达式有误).*\p{Script=Han}/u);
  return issues.map(({ line, field, message }) => `${line} ${field}: ${message.en}`);
};

describe("a routing file", () => {
  it("routes by severity, rule and labels, the first that fits", async () => {
    const read = parseRouting({ file: "r.yaml", text: whole });
    if ("issues" in read) throw new Error(JSON.stringify(read.issues));
    const of = (rule: string, item: string) =>
      routeOf(read.routing, { rule, severity: "attention", labels: { item } }).id;
    expect([of("test-positive", "韭菜"), of("test-positive", "芹菜"), of("other", "韭菜")]).toEqual([
      "leek",
      "all",
      "all",
    ]);
    expect((await putian()).routes.map(({ level }) => level.zh)).toEqual(["重大", "一般", "日常"]);
    expect((await everyTier()).routes.every(({ path }) => path.length === 4)).toBe(true);
  });

  it("is refused with the line of each mistake", () => {
    expect(wrong("receipt: 10m", "receit: 10m")).toEqual(["13 routes.1.path.0.receit: unknown option receit"]);
    expect(wrong("receipt: 10m", "receipt: soon")).toEqual([
      "13 routes.1.path.0.receipt: a time like 90s, 5m, 24h or 7d",
    ]);
    expect(wrong("{ officer: chief }", "{}")).toEqual(["3 lastResort: either an officer or a role"]);
    expect(wrong("{ officer: chief }", "{ role: king }")).toEqual([
      "3 lastResort.role: there is no role king: operator, inspector, centre, administrator, auditor",
    ]);
    expect(wrong("tier: station", "tier: operator")).toEqual([
      "14 routes.1.path.1.tier: each tier of a path is a wider one than the tier before",
    ]);
    expect(wrong(", receipt: 10m", "")).toEqual([
      "13 routes.1.path.0.tier: without receipt and handling nothing ever moves it up from here",
    ]);
    expect(wrong("match: {}", "match: { severity: [notice] }")).toEqual([
      "4 routes: an alert of severity attention could be left without a route",
      "4 routes: an alert of severity alarm could be left without a route",
    ]);
    expect(wrong("id: all", "id: leek")).toEqual(["9 routes.1.id: leek is a route already"]);
  });

  it("is refused by name when it cannot be read, or names a channel that reaches nobody", async () => {
    const dir = mkdtempSync(join(tmpdir(), "mc-routing-"));
    try {
      writeFileSync(join(dir, "r.yaml"), whole.replace("version: 1", "version: 2"));
      await expect(loadRouting(join(dir, "r.yaml"))).rejects.toMatchObject({
        code: "ROUTING_INVALID",
        field: "version",
      });
      await expect(loadRouting(join(dir, "none.yaml"))).rejects.toMatchObject({ code: "ROUTING_INVALID" });
    } finally {
      rmSync(dir, { recursive: true });
    }
    const routing = { ...(await putian()), channels: ["sms", "console"] };
    const channels = [
      { name: "sms", reach: "person" },
      { name: "console", reach: "room" },
    ] as const;
    expect(() => requireChannels(routing, channels)).toThrow(/no channel to people is called console: sms/);
    expect(() => requireChannels({ ...routing, channels: ["sms"] }, channels)).not.toThrow();
  });

  it("is reported and stays out of force when it is changed to name a channel that nobody knows", async () => {
    const channels = [{ name: "sms", reach: "person" }] as const;
    const loaded = { file: "r.yaml", text: `${whole}channels: [sms]\n` };
    expect(readRoutingFor(loaded, channels).channels).toEqual(["sms"]);
    let watch: FileWatch | undefined;
    const fault = await new Promise<unknown>((resolve, reject) => {
      watch = watchFiles({
        ...{ loaded, called: "routes", figure: { name: "valid", help: "" } },
        read: async () => ({ file: "r.yaml", text: `${whole}channels: [smss]\n` }),
        parse: (text) => readRoutingFor(text, channels),
        onInvalid: () => undefined,
        onChange: () => reject(new Error("the routing took effect")),
        log: { info: () => undefined, error: (of: unknown) => resolve(of) },
      });
    });
    expect(fault).toMatchObject({ err: { code: "ROUTING_INVALID", field: "channels" } });
    expect(String((fault as { err: Error }).err.message)).toContain("smss");
    expect(watch?.figure().value).toBe(0);
    watch?.close();
  });
});
