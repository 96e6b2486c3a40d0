import { get } from "node:http";
import { describe, expect, it } from "vitest";
import { renderFigures, startHealthServer } from "./health-server.ts";

/** What is answered to somebody who calls this machine by a name. */
const statusFor = (port: number, name: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path: "/metrics", headers: { host: name } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on("error", reject);
  });

describe("the health listener", () => {
  it("says that the process lives, whether everything works, and the figures", async () => {
    let faults: Record<string, string> = { ledger: "it is being started" };
    let warnings: Record<string, string> = {};
    let isDiskBroken = false;
    const server = await startHealthServer({
      host: "127.0.0.1",
      port: 0,
      faults: () => faults,
      warnings: () => warnings,
      figures: () => [{ name: "mingcheng_things_total", help: "things", type: "counter", value: 3 }],
      diskFigures: () => {
        if (isDiskBroken) return Promise.reject(new Error("EIO"));
        return Promise.resolve([{ name: "mingcheng_bytes", help: "bytes", type: "gauge", value: 7 }]);
      },
    });
    const ask = async (path: string, method = "GET") => {
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
      return { status: response.status, text: await response.text() };
    };
    expect(await ask("/healthz")).toEqual({ status: 200, text: "ok\n" });
    expect(await ask("/readyz")).toMatchObject({ status: 503, text: expect.stringContaining("it is being started") });
    faults = {};
    expect(await ask("/readyz?verbose")).toEqual({ status: 200, text: '{"ready":true,"faults":{}}\n' });
    warnings = { backup: "the last backup failed" };
    expect(await ask("/readyz")).toEqual({
      status: 200,
      text: '{"ready":true,"faults":{},"warnings":{"backup":"the last backup failed"}}\n',
    });
    const metrics = await ask("/metrics");
    expect(metrics.text).toContain("\nmingcheng_things_total 3\n");
    expect(metrics.text).toContain("process_resident_memory_bytes");
    expect(metrics.text).toContain("\nmingcheng_bytes 7\n");
    isDiskBroken = true;
    const withoutDisk = await ask("/metrics");
    expect(withoutDisk.text).toContain("\nmingcheng_things_total 3\n");
    expect(withoutDisk.text).not.toContain("mingcheng_bytes");
    expect(await statusFor(server.port, "centre.example.org")).toBe(403);
    expect(await statusFor(server.port, `localhost:${server.port}`)).toBe(200);
    expect((await ask("/readyz", "POST")).status).toBe(405);
    expect((await ask("/else")).status).toBe(404);
    await expect(
      startHealthServer({ host: "127.0.0.1", port: server.port, faults: () => ({}), figures: () => [] }),
    ).rejects.toMatchObject({ code: "LISTEN_FAILED" });
    await server.close();
  });

  it("writes figures of one name under one heading, labels escaped", () => {
    const figure = { name: "x_total", help: "h", type: "counter" as const, value: 1 };
    const other = { name: "y", help: "g", type: "gauge" as const, value: 0.5 };
    expect(renderFigures([{ ...figure, labels: { a: 'say "hi"\n' } }, other, { ...figure, value: 2 }])).toBe(
      '# HELP x_total h\n# TYPE x_total counter\nx_total{a="say \\"hi\\"\\n"} 1\nx_total 2\n# HELP y g\n# TYPE y gauge\ny 0.5\n',
    );
  });
});
