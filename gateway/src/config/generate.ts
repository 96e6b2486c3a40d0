import { stringify } from "yaml";
import { z } from "zod";
import { type DriverDefinition, drivers } from "../drivers/index.ts";
import { usualSilenceMs } from "./asked-tester.ts";
import { deviceSchema, gatewayConfigSchema } from "./gateway-config.ts";
import { intakeExample } from "./intake-config.ts";

interface Option {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Option>>;
  readonly items?: Option;
}
type Options = Readonly<Record<string, Option>>;
type Values = Readonly<Record<string, unknown>>;

/** A line as it occurs: by adapter, over the network, by port in turn; each of its own. */
const lineExample = (index: number): Values => {
  const kinds: readonly Values[] = [
    { address: `/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A5028${(100 + index).toString()}-if00-port0` },
    { address: `tcp://192.168.8.${(20 + index).toString()}:4001`, insecureTransport: true },
    { address: `/dev/ttyUSB${index.toString()}` },
  ];
  return kinds[index % kinds.length] ?? {};
};

const centreExample: Values = { host: "centre.example.org", port: 8883 };

const camerasExample: Values = {
  view: {},
  recording: { folder: "/mnt/video" },
  channels: [
    {
      id: "kitchen-1",
      zone: "cooking",
      address: "rtsp://192.168.1.64:554/Streaming/Channels/101",
      insecureTransport: true,
    },
  ],
};

const marketScreenExample: Values = {
  title: "松柏农贸市场",
  stalls: [{ label: "A01", box: [0, 0, 3, 2.5], trade: "蔬菜", device: "scale-1" }],
  notices: [{ zh: "周六 13:00-15:00 停电检修", en: "Power is off on Saturday", until: "2026-11-30T00:00:00+08:00" }],
};

const optionsOf = (schema: z.ZodType): Options =>
  (z.toJSONSchema(schema, { io: "input" }) as unknown as { readonly properties: Options }).properties;

const comment = (text: string | undefined, indent: string): string => {
  if (text === undefined) return "";
  const at = text.indexOf(" / ");
  const parts = at < 0 ? [text] : [text.slice(0, at), text.slice(at + 3)];
  return parts.map((part) => `${indent}# ${part}\n`).join("");
};

const pair = (name: string, value: unknown, indent: string): string =>
  `${indent}${stringify({ [name]: value })
    .trimEnd()
    .replaceAll("\n", `\n${indent}`)}\n`;

/** Options one below the other, with what they mean. `values` go before defaults. */
const write = (options: Options, values: Values, indent: string): string => {
  let text = "";
  for (const [name, option] of Object.entries(options)) {
    const given = values[name];
    text += comment(option.description, indent);
    if (option.properties !== undefined) {
      const inner = write(option.properties, (given ?? {}) as Values, `${indent}  `);
      // Where every option inside is left out, YAML would read nothing at all.
      const isEmpty = inner.split("\n").every((line) => /^ *(#|$)/.test(line));
      text += `${indent}${name}:${isEmpty ? " {}" : ""}\n${inner}`;
    } else if (option.items?.properties !== undefined && given !== undefined) {
      const item = (Array.isArray(given) ? given[0] : given) as Values;
      text += `${indent}${name}:\n${listItem(write(option.items.properties, item, `${indent}    `))}`;
    } else if (given === undefined && option.default === undefined) text += `${indent}# ${name}:\n`;
    else text += pair(name, given ?? option.default ?? null, indent);
  }
  return text;
};

/** Puts the dash of a list in front of the first option of an item; what is said above it moves along. */
const listItem = (text: string): string =>
  text.replace(/^((?: *# .*\n)*)( *) {2}/, (_whole, said: string, indent: string) => {
    return `${said.replaceAll(/^ {2}/gm, "")}${indent}- `;
  });

const commentOut = (text: string): string => text.replaceAll(/^(?!#|$)/gm, "# ");

const writeDevice = (driver: DriverDefinition, index: number): string => {
  const indent = "    ";
  const isFirst = index === 0;
  const device = { id: `${driver.deviceClass}-${index + 1}`, ...lineExample(index) };
  const protocols = drivers.map(({ protocol, displayName }) => `${protocol}（${displayName.zh}）`).join("、");
  const inEnglish = drivers.map(({ protocol, displayName }) => `${protocol} (${displayName.en})`).join(", ");
  const silentAfterMs = usualSilenceMs(driver, driver.configSchema.parse(driver.example));
  const generic = Object.entries(optionsOf(deviceSchema)).map(([name, option]): [string, Option] => {
    const description =
      name === "protocol" ? `设备协议：${protocols} / device protocol: ${inEnglish}` : option.description;
    const { description: _said, properties, ...rest } = option;
    // Every option is explained once, at the first device.
    const shown = isFirst && description !== undefined ? { description } : {};
    const kept = Object.entries(properties ?? {}).map(([key, value]): [string, Option] => {
      const { description: _text, ...silent } = value;
      return [key, isFirst ? value : silent];
    });
    return [name, { ...rest, ...shown, ...(properties === undefined ? {} : { properties: Object.fromEntries(kept) }) }];
  });
  const values = { ...device, protocol: driver.protocol, serial: driver.transportDefaults, silentAfterMs };
  const { options: _options, ...own } = Object.fromEntries(generic);
  const title = `  # ${driver.displayName.zh}\n  # ${driver.displayName.en}\n`;
  const driverOptions = `${indent}options:\n${write(optionsOf(driver.configSchema), driver.example, `${indent}  `)}`;
  return `${title}${listItem(write(own, values, indent))}${driverOptions}\n`;
};

const head = `# mingcheng-gateway：除 devices 外所有选项均可省略，此处为默认值；每台设备只有 id、protocol、address 必填。
# mingcheng-gateway: every option but the devices may be left out, these are the defaults; of a device only id, protocol
# and address are needed.
# 检查 / check: mingcheng-gateway check --config gateway.yaml

`;

/** The commented example of the gateway's configuration, made from its schema and those of the drivers. */
export const generated = (): { path: string; text: string }[] => {
  const { devices, centre, intake, web, marketScreen, cameras, ...options } = optionsOf(gatewayConfigSchema);
  let text = head;
  for (const [name, option] of Object.entries(options)) text += `${write({ [name]: option }, {}, "")}\n`;
  if (centre !== undefined) text += `${commentOut(write({ centre }, { centre: centreExample }, ""))}\n`;
  if (intake !== undefined) text += `${commentOut(write({ intake }, { intake: intakeExample }, ""))}\n`;
  if (web !== undefined) text += `${commentOut(write({ web }, {}, ""))}\n`;
  if (marketScreen !== undefined) {
    text += `${commentOut(write({ marketScreen }, { marketScreen: marketScreenExample }, ""))}\n`;
  }
  if (cameras !== undefined) text += `${commentOut(write({ cameras }, { cameras: camerasExample }, ""))}\n`;
  text += `${comment(devices?.description, "")}devices:\n`;
  // Scales first: they have every option that a device can have.
  const ordered = [...drivers].sort((a, b) => a.deviceClass.localeCompare(b.deviceClass));
  for (const [index, driver] of ordered.entries()) text += writeDevice(driver, index);
  return [{ path: "docs/examples/gateway.yaml", text: `${text.trimEnd()}\n` }];
};
