import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { parseGatewayConfig } from "../src/config/parse-config.ts";
import { createGatewayMetrics } from "../src/metrics/gateway-metrics.ts";

const page = readFileSync(fileURLToPath(new URL("../../docs/gateway.md", import.meta.url)), "utf8");

describe("the page about the gateway", () => {
  it("names every metric, and none that is not there", () => {
    const metrics = createGatewayMetrics(() => {
      throw new Error("nothing is measured here");
    });
    metrics.close();
    const named = new Set(page.match(/mingcheng_gateway_\w+/g));
    expect(metrics.names.length).toBeGreaterThan(30);
    expect([...named].sort()).toEqual([...metrics.names].sort());
  });

  it("shows a configuration that is valid", () => {
    const yaml = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
    const text = parseDocument(yaml).toString();
    const devices = [{ id: "scale-a01" }, { id: "scale-a02" }, { id: "residue-pc" }];
    expect(parseGatewayConfig(text)).toMatchObject({ config: { devices } });
  });
});
