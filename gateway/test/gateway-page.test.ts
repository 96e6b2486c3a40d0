import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { parseGatewayConfig } from "../src/config/parse-config.ts";

const page = readFileSync(fileURLToPath(new URL("../../docs/gateway.md", import.meta.url)), "utf8");

describe("the page about the gateway", () => {
  it("shows a configuration that is valid", () => {
    const yaml = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
    const text = parseDocument(yaml).toString();
    const devices = [{ id: "scale-a01" }, { id: "scale-a02" }, { id: "residue-pc" }];
    expect(parseGatewayConfig(text)).toMatchObject({ config: { devices } });
  });
});
