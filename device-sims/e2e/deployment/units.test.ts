import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { repositoryRoot } from "../../src/harness/repository.ts";
import { needs } from "../../src/harness/requirements.ts";
import { unknownInCommand } from "./programs.ts";

const systemd = needs("systemd");
const read = (path: string): string => readFileSync(join(repositoryRoot, path), "utf8");
const units = ["gateway/systemd/mingcheng-gateway.service", "cloud/systemd/mingcheng-cloud.service"] as const;

/** All values of a key, in the order in which they stand. */
const valuesOf = (unit: string, key: string): string[] =>
  [...unit.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].map(([, value = ""]) => value);

describe("units for machines without Docker", () => {
  let dir = "";
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "mingcheng-units-"));
    mkdirSync(join(dir, "bin"));
    for (const program of ["mingcheng-gateway", "mingcheng-cloud"]) {
      writeFileSync(join(dir, "bin", program), "#!/bin/sh\n");
      chmodSync(join(dir, "bin", program), 0o755);
    }
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  /** Puts a unit where the programs are there, as systemd wants to see them. */
  const placed = (path: string, text: string): string => {
    const unit = join(dir, path.split("/").at(-1) ?? "");
    writeFileSync(unit, text.replaceAll("/usr/local/bin/", join(dir, "bin/")).replaceAll(/^Documentation=.*$/gm, ""));
    return unit;
  };
  const verify = (unit: string): string =>
    spawnSync("systemd-analyze", ["verify", "--man=no", unit], { encoding: "utf8" }).stderr;

  it.skipIf(systemd.skip).each(units)(systemd.title("systemd finds nothing wrong with %s, but a wrong key"), (path) => {
    const text = read(path);
    expect(verify(placed(path, text))).toBe("");
    expect(verify(placed(path, text.replace("MemoryMax=", "MaxMemory=")))).toContain("Unknown key");
  });

  it.skipIf(systemd.skip).each(units)(
    systemd.title("%s is closed: systemd's own rating is below 2.5 of 10"),
    (path) => {
      const rated = spawnSync(
        "systemd-analyze",
        ["security", "--offline=true", "--threshold=25", placed(path, read(path))],
        {
          encoding: "utf8",
          env: { ...process.env, SYSTEMD_PAGER: "cat" },
        },
      );
      expect([rated.status, rated.stdout.split("\n").find((line) => line.includes("Overall"))]).toEqual([
        0,
        expect.stringContaining("OK"),
      ]);
    },
  );

  it.each(units)("%s starts what our program knows, with a limit and again after every end", (path) => {
    const text = read(path);
    const [start = ""] = valuesOf(text, "ExecStart");
    expect(unknownInCommand(start.replace("/usr/local/bin/", "").split(" "))).toEqual([]);
    expect(valuesOf(text, "Restart")).toEqual(["always"]);
    expect(valuesOf(text, "StartLimitIntervalSec")).toEqual(["0"]);
    expect(valuesOf(text, "MemoryMax")).toEqual([expect.stringMatching(/^\d+M$/)]);
    const state = /--data (\S+)|^$/m.exec(start)?.[1] ?? "/var/lib/mingcheng-gateway";
    expect(`/var/lib/${valuesOf(text, "StateDirectory")[0] ?? ""}`).toBe(state);
  });

  it.each(units)("%s is told by its program's children, and watched", (path) => {
    const text = read(path);
    const [type, access, watchdog] = ["Type", "NotifyAccess", "WatchdogSec"].map((key) => valuesOf(text, key)[0]);
    expect([type, access, Number(watchdog) >= 30]).toEqual(["notify", "all", true]);
  });

  it("the gateway's unit survives the end of its camera process, and opens serial ports alone", () => {
    const text = read(units[0]);
    expect(valuesOf(text, "OOMPolicy")).toEqual(["continue"]);
    expect(valuesOf(text, "DeviceAllow")).toEqual([
      "char-ttyUSB rw",
      "char-ttyACM rw",
      "char-ttyAMA rw",
      "char-ttyS rw",
    ]);
  });

  it("users, their groups and the log are what the units and pages speak of", () => {
    for (const [path, program] of [
      [units[0], "gateway"],
      [units[1], "cloud"],
    ] as const) {
      const [user = ""] = valuesOf(read(path), "User");
      const users = read(`${program}/systemd/mingcheng-${program}.sysusers.conf`);
      expect(users).toContain(`u ${user} - `);
      for (const group of valuesOf(read(path), "SupplementaryGroups").flatMap((groups) => groups.split(" "))) {
        expect(users).toContain(`m ${user} ${group}`);
      }
      const page = read(program === "gateway" ? "docs/install-gateway.md" : "docs/install-centre.md");
      const files = readdirSync(join(repositoryRoot, program, "systemd"));
      expect(files.filter((file) => !page.includes(file))).toEqual([]);
    }
  });

  it("the udev rule has only assignments and matches that udev knows", () => {
    const keys =
      /^(?:ACTION|SUBSYSTEMS?|KERNELS?|ENV\{\w+\}|ATTR\{[\w/]+\}|TEST|GROUP|MODE|SYMLINK|GOTO|LABEL)(?:==|!=|\+=|=)"[^"]*"$/;
    const bad = (text: string): string[] =>
      text
        .split("\n")
        .map((line) => line.trim().replace(/^# (?=SUBSYSTEM)/, ""))
        .filter((line) => line !== "" && !line.startsWith("#"))
        .flatMap((line) => line.split(/,\s*(?=[A-Z])/))
        .filter((part) => !keys.test(part.trim()));
    const rules = read("gateway/systemd/60-mingcheng-serial.rules");
    expect(bad(rules)).toEqual([]);
    expect(bad(rules.replaceAll('KERNEL=="ttyUSB', 'KERNAL=="ttyUSB'))).not.toEqual([]);
  });
});
