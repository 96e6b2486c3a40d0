import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { runCheck } from "../src/commands/check.ts";
import { addIntakeDevice, listIntakeDevices, removeIntakeDevice } from "../src/commands/intake.ts";
import { parseGatewayConfig } from "../src/config/parse-config.ts";

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

const http = "{ protocol: http, host: 127.0.0.1, port: 8480, insecureTransport: true }";
const scale = "{ id: s1, kind: smart-scale, insecureTransport: true }";
const intake = (listeners: string, devices = scale, more = ""): string =>
  `intake:\n  listeners:\n    - ${listeners}\n${more}  devices:\n    - ${devices}\n`;
const placesOf = (text: string): string[] => {
  const read = parseGatewayConfig(text);
  return "issues" in read ? read.issues.map(({ line, field }) => `${line} ${field}`) : [];
};
const tls = "  tls: { certFile: /c.pem, keyFile: /k.pem }\n";

describe("the intake's configuration", () => {
  it.each([
    ["plain text that is said", intake(http)],
    ["a named interface", intake(http.replace("127.0.0.1", "eth1"))],
    [
      "TLS on all addresses",
      intake("{ protocol: https, host: 0.0.0.0, port: 8443 }", "{ id: s1, kind: smart-scale }", tls),
    ],
  ])("takes %s", (_what, text) => {
    expect(placesOf(text)).toEqual([]);
  });

  it.each([
    [
      "plain text that is not said",
      intake(http.replace(", insecureTransport: true", "")),
      "3 intake.listeners[0].insecureTransport",
    ],
    ["plain text on all addresses", intake(http.replace("127.0.0.1", "0.0.0.0")), "3 intake.listeners[0].host"],
    [
      "TLS without a certificate",
      intake("{ protocol: mqtts, host: 127.0.0.1, port: 1 }"),
      "3 intake.listeners[0].protocol",
    ],
    ["a port twice", intake(`${http}\n    - ${http}`), "4 intake.listeners[1].port"],
    [
      "a device that could never connect",
      intake(http, "{ id: s1, kind: smart-scale }"),
      "5 intake.devices[0].insecureTransport",
    ],
    ["a device twice", intake(http, `${scale}\n    - ${scale}`), "6 intake.devices[1].id"],
    ["an unknown kind", intake(http, "{ id: s1, kind: toaster, insecureTransport: true }"), "5 intake.devices[0].kind"],
    [
      "an unknown option",
      intake(http, "{ id: s1, kind: smart-scale, insecureTransport: true, colour: 1 }"),
      "5 intake.devices[0].colour",
    ],
    ["no listener", "intake:\n  listeners: []\n", "2 intake.listeners"],
    [
      "the id of another device",
      `devices:\n  - { id: s1, protocol: mt-continuous, address: /dev/ttyS0 }\n${intake(http)}`,
      "7 intake.devices[0].id",
    ],
  ])("refuses %s", (_what, text, place) => {
    expect(placesOf(text)).toEqual([place]);
  });

  it("is shown in the example as it can be used", () => {
    const example = readFileSync(fileURLToPath(new URL("../../docs/examples/gateway.yaml", import.meta.url)), "utf8");
    const shown = /^# intake:\n(?:# .*\n)*/m.exec(example)?.[0] ?? "";
    const read = parseGatewayConfig(shown.replaceAll(/^# /gm, ""));
    expect("config" in read ? read.config.intake : read.issues).toMatchObject({
      listeners: [{ protocol: "https" }],
      devices: [{ id: "smart-scale-b01", assays: [{ method: "GB/T 5009.199-2003" }] }],
    });
  });
});

const configIn = (text: string): { readonly config: string; readonly data: string } => {
  const dir = mkdtempSync(join(tmpdir(), "mingcheng-intake-"));
  dirs.push(dir);
  const config = join(dir, "gateway.yaml");
  writeFileSync(config, `data: ${join(dir, "data")}\n${text}`);
  return { config, data: join(dir, "data") };
};

describe("the commands about devices' secrets", () => {
  it("print a secret once, list, replace and remove it, and keep no secret", async () => {
    const { config, data } = configIn(intake(http));
    const lines: string[] = [];
    const speech = { language: "en" as const, writeLine: (line: string) => void lines.push(line) };
    expect(await addIntakeDevice("s1", { config, json: true }, speech)).toBe(0);
    const { secret } = JSON.parse(lines.pop() ?? "") as { secret: string };
    const file = join(data, "intake", "credentials.json");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, "utf8")).not.toContain(secret);
    await expect(addIntakeDevice("s1", { config }, speech)).rejects.toMatchObject({ code: "INTAKE_CREDENTIAL_EXISTS" });
    await expect(addIntakeDevice("s2", { config }, speech)).rejects.toMatchObject({ code: "INTAKE_DEVICE_UNKNOWN" });
    const before = readFileSync(file, "utf8");
    await addIntakeDevice("s1", { config, replace: true }, speech);
    expect(readFileSync(file, "utf8")).not.toBe(before);
    expect(lines.join("\n")).toMatch(/secret: [0-9A-Z]{4}-/);
    await listIntakeDevices({ config, json: true }, speech);
    expect(JSON.parse(lines.pop() ?? "")).toMatchObject([
      { device: "s1", kind: "smart-scale", insecureTransport: true },
    ]);
    await removeIntakeDevice("s1", { config }, speech);
    await listIntakeDevices({ config }, { ...speech, language: "zh" });
    expect(lines.join("\n")).toContain("没有，请运行 intake add");
    await expect(removeIntakeDevice("s1", { config }, speech)).rejects.toMatchObject({ code: "INTAKE_DEVICE_UNKNOWN" });
  });

  it("refuse a file that others can read, or that is damaged", async () => {
    const { config, data } = configIn(intake(http));
    const speech = { language: "en" as const, writeLine: () => undefined };
    await addIntakeDevice("s1", { config }, speech);
    const file = join(data, "intake", "credentials.json");
    writeFileSync(file, "{");
    await expect(listIntakeDevices({ config }, speech)).rejects.toMatchObject({ code: "INTAKE_CREDENTIALS_DAMAGED" });
  });

  it("are told by check what is plain text", async () => {
    const { config } = configIn(intake(http));
    const lines: string[] = [];
    expect(await runCheck(config, (line) => void lines.push(line))).toBe(0);
    expect(lines.join("\n")).toContain("http://127.0.0.1:8480 is plain text");
    expect(lines.join("\n")).toContain("s1 may use plain text");
  });
});
