import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { readUsage } from "./process-usage.ts";

describe("what a process uses", () => {
  it("counts memory and CPU time of a process and of what it has started", async () => {
    const script = `const child = require("node:child_process").spawn(process.execPath,
      ["-e", "for (let i = 0; i < 3e8; i++); console.log('up'); setInterval(() => {}, 1e6)"], { stdio: "inherit" });
      process.on("SIGTERM", () => { child.kill(); process.exit(); })`;
    const parent = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    await once(parent.stdout, "data");
    const usage = readUsage(parent.pid ?? 0);
    expect(usage.processes).toBe(2);
    expect(usage.rssMb).toBeGreaterThan(40);
    expect(usage.cpuSeconds).toBeGreaterThan(0.05);
    parent.kill();
    await once(parent, "exit");
    expect(() => readUsage(parent.pid ?? 0)).toThrow(/is gone/);
  });
});
