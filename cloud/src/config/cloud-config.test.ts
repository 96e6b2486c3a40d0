import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadCloudConfig, parseCloudConfig } from "./cloud-config.ts";
import { generated } from "./generate.ts";

const issuesOf = (text: string) => {
  const read = parseCloudConfig(text);
  return "issues" in read ? read.issues : [];
};

describe("the centre's configuration", () => {
  it("has a default for everything", async () => {
    const config = await loadCloudConfig(undefined);
    expect(config).toMatchObject({
      mqtts: { host: "0.0.0.0", port: 8883 },
      https: { host: "0.0.0.0", port: 8443 },
      health: { host: "127.0.0.1", port: 8080 },
      timezone: "Asia/Shanghai",
      log: { level: "info" },
    });
    expect(config.publicHost).not.toBe("");
  });

  it("names every fault with its field and line", () => {
    const text = "centreName: Songbai\nmqtts:\n  port: 70000\nhttps:\n  prot: 1\ntimezone: Mars\n";
    expect(issuesOf(text).map(({ field, line }) => [field, line])).toEqual([
      ["timezone", 6],
      ["mqtts.port", 3],
      ["https.prot", 5],
    ]);
    expect(issuesOf("health: {host: 0.0.0.0}")).toMatchObject([{ field: "health.host", line: 1 }]);
    expect(issuesOf("a: b: c")).toMatchObject([{ line: 1 }]);
    expect(issuesOf("mqtts: {port: 1}\nmqtts: {port: 2}")).toHaveLength(1);
  });

  it("says what is wrong in both languages, and where what is missing belongs", () => {
    const text =
      "timezone: Mars\nhealth: {port: x}\nchannels:\n  - type: pager\n  - type: smpp\n    host: a\n    nam: b\n";
    const issues = issuesOf(text).map(({ field, line, zh, en }) => [`${field}:${line}`, zh, en]);
    expect(issues).toContainEqual([
      "timezone:1",
      "不是时区，例如 Asia/Shanghai",
      "not a time zone, e.g. Asia/Shanghai",
    ]);
    expect(issues).toContainEqual([
      "channels.0.type:4",
      expect.stringMatching(/^只能是 .*'smpp'/),
      expect.stringMatching(/^has to be one of /),
    ]);
    expect(issues).toContainEqual(["channels.1.port:5", "缺少这个选项", "it is missing"]);
    expect(issues).toContainEqual(["channels.1.nam:7", "没有这个选项", "there is no such option"]);
    const [port] = issues.filter(([at]) => at === "health.port:2");
    expect(port?.[1]).toMatch(/期望/);
    expect(port?.[2]).toMatch(/expected/);
  });

  it("is refused by field when a file is read", async () => {
    await expect(loadCloudConfig("/nowhere/cloud.yaml")).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      field: "--config",
    });
  });

  it("has an example that is exactly the defaults, and is what its generator writes", () => {
    const [example] = generated();
    expect(readFileSync(new URL(`../../../${example?.path}`, import.meta.url), "utf8")).toBe(example?.text);
    const read = parseCloudConfig(example?.text ?? "");
    expect("config" in read && read.config).toEqual(
      (() => {
        const defaults = parseCloudConfig("");
        return "config" in defaults && defaults.config;
      })(),
    );
  });
});
