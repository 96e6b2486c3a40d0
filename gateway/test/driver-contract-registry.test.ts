import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { deviceCodecs } from "@mingcheng/protocols/devices";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { simulators } from "../../device-sims/src/devices/index.ts";
import { smartKinds } from "../../device-sims/src/devices/smart.ts";
import { fixtureFamilies, fixturesOf } from "../../protocols/test/fixtures.ts";
import { intakeKinds, intakeSchema } from "../src/config/intake-config.ts";
import { drivers } from "../src/drivers/index.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const minFixtures = 2;

/** What exists of one family. */
interface Parts {
  readonly codec: boolean;
  readonly codecTest: boolean;
  /** Sources of its fixtures. */
  readonly fixtures: readonly string[];
  readonly driver: boolean;
  readonly simulator: boolean;
  /** Text of its page; undefined when there is none. */
  readonly page: string | undefined;
  readonly listedInPages: boolean;
}

/** The six parts of a family, as CONTRIBUTING.md names them, that are missing. */
const missingParts = (parts: Parts): string[] => [
  ...(parts.codec ? [] : ["codec"]),
  ...(parts.codecTest ? [] : ["test of the codec"]),
  ...(parts.fixtures.length >= minFixtures ? [] : [`${minFixtures} fixtures`]),
  ...(parts.fixtures.every((source) => source.length > 40) ? [] : ["sources of its fixtures"]),
  ...(parts.driver ? [] : ["driver"]),
  ...(parts.simulator ? [] : ["simulator"]),
  ...(parts.page !== undefined ? [] : ["page"]),
  ...["Wiring", "Line settings", "Options", "Traps", "Sources"]
    .filter((heading) => parts.page !== undefined && !parts.page.includes(`\n## ${heading}`))
    .map((heading) => `"${heading}" in its page`),
  ...(parts.listedInPages ? [] : ["line in docs/devices/README.md"]),
];

const partsOf = (family: string): Parts => {
  const page = `${root}/docs/devices/${family}.md`;
  return {
    codec: deviceCodecs.some(({ id }) => id === family),
    codecTest: existsSync(`${root}/protocols/src/devices/${family}/${family}.test.ts`),
    fixtures: fixturesOf(family).map(({ source }) => source),
    driver: drivers.some(({ protocol }) => protocol === family),
    simulator: simulators.some(({ protocol }) => protocol === family),
    page: existsSync(page) ? readFileSync(page, "utf8") : undefined,
    listedInPages: readFileSync(`${root}/docs/devices/README.md`, "utf8").includes(`](${family}.md)`),
  };
};

/** Every family of which any part exists. */
const families = [
  ...new Set([
    ...deviceCodecs.map(({ id }) => id),
    ...drivers.map(({ protocol }) => protocol),
    ...simulators.map(({ protocol }) => protocol),
    ...fixtureFamilies(),
    ...readdirSync(`${root}/protocols/src/devices`, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name),
    ...readdirSync(`${root}/docs/devices`)
      .filter((name) => name.endsWith(".md") && !["README.md", "traps.md"].includes(name))
      .map((name) => name.slice(0, -3)),
  ]),
]
  .filter((family) => !(intakeKinds as readonly string[]).includes(family))
  .sort();

/** Names of all options of a schema, nested ones included. */
const optionNames = (schema: z.ZodType): string[] => {
  const collect = (node: unknown): string[] => {
    if (typeof node !== "object" || node === null) return [];
    const { properties = {}, items } = node as { properties?: Record<string, unknown>; items?: unknown };
    return [...Object.keys(properties), ...Object.values(properties).flatMap(collect), ...collect(items)];
  };
  return collect(z.toJSONSchema(schema, { io: "input" }));
};

/** Names that stand nowhere in a text as code, alone or as the end of a dotted path. */
const unexplained = (names: readonly string[], text: string): string[] =>
  names.filter((name) => !new RegExp(`\`([\\w-]+\\.)?${name}\``).test(text));

describe("every kind of the LAN intake", () => {
  it.each(intakeKinds)("%s has its simulator and its page, which explains its options", (kind) => {
    const { page = "", listedInPages } = partsOf(kind);
    expect(missingParts({ ...partsOf("yaohua-a9"), page, listedInPages })).toEqual([]);
    expect(smartKinds).toContain(kind);
    const device = z.toJSONSchema(intakeSchema, { io: "input" }) as unknown as {
      readonly properties: { readonly devices: { readonly items: { readonly properties: object } } };
    };
    const { assays: _assays, ...options } = device.properties.devices.items.properties as Record<string, unknown>;
    expect(unexplained(Object.keys(options), page)).toEqual([]);
  });
});

describe("every device family", () => {
  it.each(families)("%s has its codec, fixtures, driver, simulator and page", (family) => {
    expect(missingParts(partsOf(family))).toEqual([]);
  });

  it.each(drivers.map((driver) => [driver.protocol, driver] as const))("%s explains its options", (family, driver) => {
    const pages = [`${root}/docs/devices/${family}.md`, `${root}/docs/devices/README.md`];
    const text = pages.map((page) => readFileSync(page, "utf8")).join("\n");
    expect(unexplained(optionNames(driver.configSchema), text.replace("`settling.", "`settling` `settling."))).toEqual(
      [],
    );
  });

  it.each(simulators.map((simulator) => [simulator.protocol, simulator] as const))(
    "%s explains the settings of its simulator",
    (_family, simulator) => {
      const text = readFileSync(`${root}/docs/simulators.md`, "utf8");
      expect(unexplained(optionNames(simulator.settingsSchema), text)).toEqual([]);
    },
  );

  it("would miss an option that no page names", () => {
    expect(unexplained(["unit", "noSuchOption"], "`unit` and `settling.zeroBand`")).toEqual(["noSuchOption"]);
  });

  it("has one class in all its parts, and names in both languages", () => {
    for (const { id, deviceClass, displayName } of deviceCodecs) {
      expect(drivers.find(({ protocol }) => protocol === id)?.deviceClass).toBe(deviceClass);
      expect(simulators.find(({ protocol }) => protocol === id)?.deviceClass).toBe(deviceClass);
      expect([displayName.zh, displayName.en].every((name) => name.length > 3)).toBe(true);
    }
  });

  it("would be missed part by part", () => {
    const whole = partsOf("yaohua-a9");
    const without: readonly (readonly [Partial<Parts>, string])[] = [
      [{ codec: false }, "codec"],
      [{ codecTest: false }, "test of the codec"],
      [{ fixtures: whole.fixtures.slice(0, 1) }, "2 fixtures"],
      [{ fixtures: [...whole.fixtures, ""] }, "sources of its fixtures"],
      [{ driver: false }, "driver"],
      [{ simulator: false }, "simulator"],
      [{ page: undefined }, "page"],
      [{ page: whole.page?.replace("\n## Traps", "") ?? "" }, '"Traps" in its page'],
      [{ listedInPages: false }, "line in docs/devices/README.md"],
    ];
    for (const [loss, name] of without) expect(missingParts({ ...whole, ...loss })).toEqual([name]);
    expect(missingParts(partsOf("no-such-family"))).toHaveLength(7);
  });
});
