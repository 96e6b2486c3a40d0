import { isIP } from "node:net";
import { commonPriceBarcodeRules, deviceIdPattern } from "@mingcheng/protocols";
import { z } from "zod";
import { assaysOption } from "../drivers/assay-config.ts";
import type { Finding } from "./config-issue.ts";

/** What a device of the LAN intake is. The name is the protocol in its records. */
export const intakeKinds = ["smart-scale", "smart-tester"] as const;
export type IntakeKind = (typeof intakeKinds)[number];

/** Names of the kinds, for the table of devices. */
export const intakeFamilies: readonly {
  readonly protocol: IntakeKind;
  readonly displayName: { readonly zh: string; readonly en: string };
  readonly deviceClass: "scale" | "tester";
}[] = [
  {
    protocol: "smart-scale",
    displayName: { zh: "智能秤（局域网接入）", en: "Smart scale (LAN intake)" },
    deviceClass: "scale",
  },
  {
    protocol: "smart-tester",
    displayName: { zh: "检测终端（局域网接入）", en: "Test terminal (LAN intake)" },
    deviceClass: "tester",
  },
];

const plain: ReadonlySet<string> = new Set(["http", "mqtt"]);
const everywhere: ReadonlySet<string> = new Set(["0.0.0.0", "::", "*"]);

const listenerSchema = z.strictObject({
  protocol: z
    .enum(["https", "mqtts", "http", "mqtt"])
    .describe("https、mqtts 为加密；http、mqtt 为明文 / https and mqtts are encrypted; http and mqtt are plain text."),
  host: z
    .string()
    .min(1)
    .max(64)
    .refine(
      (host) => isIP(host) !== 0 || /^[a-zA-Z][\w.-]*$/.test(host),
      "须为本机地址或网卡名 / must be an address of this box or the name of an interface",
    )
    .describe(
      "监听的本机地址或网卡名；明文须指定某一网卡，不得为 0.0.0.0 / address of this box or name of an interface; plain text needs one interface, never 0.0.0.0.",
    ),
  port: z.int().min(0).max(65_535).describe("端口，0 为任意空闲端口 / port, 0 takes any free one."),
  insecureTransport: z
    .boolean()
    .default(false)
    .describe(
      "http、mqtt 为明文，必须写 true 表示知情，状态中会显示 / http and mqtt are plain text: say true to show that you know; the status shows it.",
    ),
});

const barcodeRuleSchema = z.strictObject({
  soldBy: z.enum(["weight", "count"]),
  value: z.enum(["amount-fen", "grams", "pieces"]),
});

const intakeDeviceSchema = z.strictObject({
  id: z
    .string()
    .regex(deviceIdPattern, "须为 1-64 个字母、数字或 . _ - / must be 1 to 64 letters, digits or . _ -")
    .describe("设备编号，也是登录名 / device id, also the name it signs in with."),
  kind: z
    .enum(intakeKinds)
    .describe(
      "smart-scale 智能秤、smart-tester 检测终端 / smart-scale: sales and weighings; smart-tester: test results.",
    ),
  insecureTransport: z
    .boolean()
    .default(false)
    .describe("允许本设备用明文接入，状态中会显示 / this device may use plain text; the status shows it."),
  silentAfterMs: z
    .int()
    .min(1000)
    .max(86_400_000)
    .nullable()
    .default(180_000)
    .describe(
      "多久没有消息算静默，毫秒；null 为不判断 / no message for so long, in milliseconds, is silence; null: never.",
    ),
  amountRounding: z
    .enum(["fen", "jiao", "yuan"])
    .default("fen")
    .describe(
      "秤把金额舍入到分、角还是元；超出的差额会标出 / the scale rounds amounts to fen, jiao or yuan; what differs by more is flagged.",
    ),
  barcodes: z
    .record(z.string().regex(/^2[0-9]$/), barcodeRuleSchema)
    .default({ ...commonPriceBarcodeRules })
    .describe("13 位价格条码前缀 20-29 的含义 / what prefixes 20 to 29 of 13-digit price barcodes mean in this shop."),
  assays: assaysOption(),
});

/** The LAN intake, for smart scales and testers that send by themselves. */
export const intakeSchema = z
  .strictObject({
    listeners: z.array(listenerSchema).min(1).max(8).describe("监听 / where devices connect."),
    tls: z
      .strictObject({
        certFile: z
          .string()
          .min(1)
          .max(4096)
          .describe("证书文件（PEM，可含证书链） / certificate file, PEM, may be a chain."),
        keyFile: z
          .string()
          .min(1)
          .max(4096)
          .describe("私钥文件（PEM，仅所有者可读） / private key file, PEM, readable by its owner only."),
      })
      .optional()
      .describe("https 和 mqtts 的证书 / certificate for https and mqtts."),
    devices: z.array(intakeDeviceSchema).max(256).default([]).describe("接入设备 / devices that may connect."),
  })
  .optional()
  .describe(
    "局域网接入：智能秤和检测终端用 HTTP 或 MQTT 主动上报，见 docs/intake.md；省略则不开启 / LAN intake: smart scales and testers send by HTTP or MQTT, see docs/intake.md; left out: no port is opened.",
  );

export type IntakeConfig = NonNullable<z.output<typeof intakeSchema>>;
export type IntakeListener = IntakeConfig["listeners"][number];
export type IntakeDevice = IntakeConfig["devices"][number];

/** True when what passes a listener can be read by others. */
export const isPlain = ({ protocol }: Pick<IntakeListener, "protocol">): boolean => plain.has(protocol);

const listenerFindings = ({ listeners, tls }: IntakeConfig): Finding[] =>
  listeners.flatMap((listener, index): Finding[] => {
    const path = ["intake", "listeners", index];
    const { protocol, host, port } = listener;
    const findings: Finding[] = [];
    const earlier = listeners.findIndex((other) => port !== 0 && other.port === port && other.host === host);
    if (earlier >= 0 && earlier < index) {
      const en = `listeners[${earlier}] has this address and port already`;
      findings.push({ path: [...path, "port"], zh: `listeners[${earlier}] 已使用这个地址和端口`, en });
    }
    if (!isPlain(listener)) {
      const en = `${protocol} needs a certificate: intake.tls`;
      return tls === undefined
        ? [...findings, { path: [...path, "protocol"], zh: `${protocol} 须有证书：intake.tls`, en }]
        : findings;
    }
    if (!listener.insecureTransport) {
      const zh = `${protocol} 为明文传输，须写 insecureTransport: true 才会使用`;
      findings.push({
        path: [...path, "insecureTransport"],
        zh,
        en: `${protocol} is plain text and is used only with insecureTransport: true`,
      });
    }
    if (everywhere.has(host)) {
      const en = "plain text needs an address or interface of its own, never all of them";
      findings.push({ path: [...path, "host"], zh: "明文传输须指定某一地址或网卡，不能监听全部", en });
    }
    return findings;
  });

const deviceFindings = ({ listeners, devices }: IntakeConfig, others: ReadonlySet<string>): Finding[] => {
  const seen = new Set(others);
  const onlyPlain = listeners.every(isPlain);
  return devices.flatMap(({ id, insecureTransport }, index): Finding[] => {
    const path = ["intake", "devices", index];
    const isTaken = seen.has(id);
    seen.add(id);
    const findings: Finding[] = [];
    if (isTaken)
      findings.push({ path: [...path, "id"], zh: "另一设备已使用这个编号", en: "another device has this id already" });
    if (onlyPlain && !insecureTransport) {
      const zh = "所有监听都是明文，须写 insecureTransport: true，否则该设备无法接入";
      const en = "every listener is plain text: the device cannot connect without insecureTransport: true";
      findings.push({ path: [...path, "insecureTransport"], zh, en });
    }
    return findings;
  });
};

/** What is wrong across the options of the intake. `others`: ids of the devices that are not of the intake. */
export const intakeFindings = (intake: IntakeConfig | undefined, others: readonly string[]): Finding[] =>
  intake === undefined ? [] : [...listenerFindings(intake), ...deviceFindings(intake, new Set(others))];

/** Values shown in the example configuration. */
export const intakeExample = {
  listeners: [{ protocol: "https", host: "192.168.8.1", port: 8443, insecureTransport: false }],
  tls: { certFile: "/etc/mingcheng/intake-cert.pem", keyFile: "/etc/mingcheng/intake-key.pem" },
  devices: [
    {
      id: "smart-scale-b01",
      kind: "smart-scale",
      assays: [{ code: "inhibition", use: "gbt-5009-199-2003" }],
    },
  ],
} as const;
