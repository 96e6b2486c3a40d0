import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { drivers } from "../drivers/index.ts";
import { deviceSchema, gatewayConfigSchema } from "./gateway-config.ts";
import { generated } from "./generate.ts";
import { parseGatewayConfig } from "./parse-config.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** `line field` of every issue. */
const placesOf = (text: string): string[] => {
  const read = parseGatewayConfig(text);
  return "issues" in read ? read.issues.map(({ line, field }) => `${line} ${field}`) : [];
};

const issueOf = (text: string) => {
  const read = parseGatewayConfig(text);
  return "issues" in read ? read.issues[0] : undefined;
};

interface Option {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Option>>;
  readonly items?: Option;
}

/** Paths of all options without their lists' indices, with their descriptions. */
const optionsOf = (option: Option, path: string): (readonly [string, string | undefined])[] =>
  Object.entries(option.properties ?? option.items?.properties ?? {}).flatMap(([name, inner]) => [
    [`${path}${name}`, inner.description] as const,
    ...optionsOf(inner, `${path}${name}.`),
  ]);

const schemaOptions = (schema: z.ZodType): (readonly [string, string | undefined])[] =>
  optionsOf(z.toJSONSchema(schema, { io: "input" }) as unknown as Option, "");

const scale = "    protocol: mt-continuous\n    address: /dev/ttyUSB0\n";

describe("the gateway's configuration", () => {
  it("has a default for everything but the devices", () => {
    const read = parseGatewayConfig("");
    expect(read).toMatchObject({ config: { data: "/var/lib/mingcheng-gateway", health: { port: 8090 }, devices: [] } });
  });

  it("takes line settings and silence from the driver where nothing is said", () => {
    const text = `devices:\n  - id: a\n${scale}    serial: { baudRate: 4800 }\n  - id: t\n    protocol: lis\n    address: /dev/ttyS0\n`;
    expect(parseGatewayConfig(text)).toMatchObject({
      config: {
        devices: [
          { serial: { baudRate: 4800, dataBits: 7, parity: "even", stopBits: 1 }, silentAfterMs: 60_000 },
          { serial: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 }, silentAfterMs: null },
        ],
      },
    });
  });

  it("expects a tester that is asked to answer, and one that is not to speak when it likes", () => {
    const tester = (id: string, protocol: string) =>
      `  - id: ${id}\n    protocol: ${protocol}\n    address: /dev/${id}\n`;
    const read = parseGatewayConfig(
      `devices:\n${tester("a", "lz-4000t")}${tester("b", "ty-16")}${tester("c", "dy-5800")}`,
    );
    const silences = "config" in read ? read.config.devices.map(({ silentAfterMs }) => silentAfterMs) : read.issues;
    expect(silences).toEqual([60_000, 94_500, null]);
  });

  it("refuses to forget results sooner than a tester that is asked says them again", () => {
    const text = "outbox: { retentionDays: 20 }\ndevices:\n  - id: a\n    protocol: lz-4000t\n    address: /dev/a\n";
    expect(placesOf(text)).toEqual(["3 devices[0].options.historyDays"]);
    expect(placesOf(text.replace("20", "21"))).toEqual([]);
    expect(placesOf(`${text}    options: { historyDays: 19 }\n`)).toEqual([]);
  });

  it("names every fault with its line, not only the first", () => {
    const text = [
      "helth: {}",
      "outbox:",
      "  segmentMiB: big",
      "devices:",
      "  - id: a",
      "    protocol: yaohua-a9",
      "    address: tcp://192.0.2.1:4001",
      "    insecureTransport: true",
      "    options:",
      "      unit: pound",
      "      settling: { captureAt: never }",
    ].join("\n");
    expect(placesOf(text)).toEqual([
      "1 helth",
      "3 outbox.segmentMiB",
      "10 devices[0].options.unit",
      "11 devices[0].options.settling.captureAt",
    ]);
  });

  it.each([
    [
      "a device id twice",
      `devices:\n  - id: a\n${scale}  - id: a\n${scale.replace("USB0", "USB1")}`,
      "5 devices[1].id",
    ],
    ["a port twice", `devices:\n  - id: a\n${scale}  - id: b\n${scale}`, "7 devices[1].address"],
    [
      "an unknown driver option",
      `devices:\n  - id: a\n${scale}    options: { units: kg }\n`,
      "5 devices[0].options.units",
    ],
    [
      "a required driver option left out",
      "devices:\n  - id: a\n    protocol: yaohua-a9\n    address: /dev/ttyS1\n",
      "2 devices[0].options.unit",
    ],
    [
      "an address that is none",
      "devices:\n  - id: a\n    protocol: lis\n    address: ttyUSB0\n",
      "4 devices[0].address",
    ],
    ["an address that is no loopback for the health server", "health: { host: 0.0.0.0 }\n", "1 health.host"],
  ])("refuses %s", (_what, text, place) => {
    expect(placesOf(text)).toEqual([place]);
  });

  it("refuses tcp:// unless it is said that it is plain text", () => {
    const device = "devices:\n  - id: a\n    protocol: mt-continuous\n    address: tcp://192.0.2.1:4001\n";
    expect(placesOf(device)).toEqual(["2 devices[0].insecureTransport"]);
    expect(placesOf(`${device}    insecureTransport: true\n`)).toEqual([]);
  });

  it("lists the known protocols in both languages when one is unknown", () => {
    const issue = issueOf("devices:\n  - id: a\n    protocol: mettler\n    address: /dev/ttyS1\n");
    const known = drivers.map(({ protocol }) => protocol).join(", ");
    for (const text of [issue?.zh, issue?.en]) expect(text).toContain(known);
    expect(issue?.zh).toContain("没有 mettler 这个协议");
  });

  it("says where a text is no YAML, and survives aliases that multiply", () => {
    expect(placesOf("devices:\n  - id: [a\n")).toEqual(["3 "]);
    const bomb = `a: &a [x]\n${"bcdefghi"
      .split("")
      .map((name, at) => {
        const before = "abcdefgh"[at];
        return `${name}: &${name} [${Array(9).fill(`*${before}`).join(",")}]`;
      })
      .join("\n")}`;
    expect(issueOf(bomb)?.en).toMatch(/^not YAML/);
  });
});

describe("the generated example", () => {
  const [example] = generated();
  const text = example?.text ?? "";

  it("is the committed file", () => {
    expect(readFileSync(join(root, example?.path ?? ""), "utf8")).toBe(text);
  });

  it("is valid, with one device of every family", () => {
    const read = parseGatewayConfig(text);
    expect("issues" in read ? read.issues : []).toEqual([]);
    const families = "config" in read ? read.config.devices.map(({ driver }) => driver.protocol) : [];
    expect(families.sort()).toEqual(drivers.map(({ protocol }) => protocol).sort());
  });

  it("shows every option, each explained in Chinese and English", () => {
    const options = [gatewayConfigSchema, deviceSchema, ...drivers.map(({ configSchema }) => configSchema)].flatMap(
      schemaOptions,
    );
    expect(options.length).toBeGreaterThan(40);
    for (const [path, description] of options) {
      const name = path.split(".").at(-1) ?? "";
      expect(text, path).toMatch(new RegExp(`^[ #-]*${name}:`, "m"));
      expect(description, `${path} is explained in both languages`).toMatch(/[\u4e00-\u9fff].* \/ .*[a-z]/);
    }
  });
});
