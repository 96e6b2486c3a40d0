import { MingchengError } from "@mingcheng/protocols";
import { isNode, LineCounter, parseDocument } from "yaml";
import { type DriverDefinition, drivers } from "../drivers/index.ts";
import type { SerialSettings } from "../transports/byte-stream.ts";
import { parseTransportAddress } from "../transports/open-transport.ts";
import { historyFindings, usualSilenceMs } from "./asked-tester.ts";
import { type ConfigIssue, type Finding, fieldOf, lineOf, type Path, parseWith } from "./config-issue.ts";
import { gatewayConfigSchema, type WrittenConfig } from "./gateway-config.ts";
import { intakeFindings } from "./intake-config.ts";

/** A device ready to be started. */
export interface DeviceConfig {
  readonly id: string;
  readonly driver: DriverDefinition;
  readonly address: string;
  readonly insecureTransport: boolean;
  readonly serial: SerialSettings;
  /** Milliseconds without a frame that count as silence; null: never. */
  readonly silentAfterMs: number | null;
  /** Output of the driver's own schema. */
  readonly options: unknown;
  /** Set for an adapter that nobody configured, heard in the place of one that is missing. Never in a file. */
  readonly unidentified?: Unidentified;
}

/** An adapter whose device is not known for certain. */
export interface Unidentified {
  /** Where it is: the link that an operator would configure. */
  readonly path: string;
  /** Ids of the devices that it may be. */
  readonly mayBe: readonly string[];
}

/** What the gateway runs with. */
export type GatewayConfig = Omit<WrittenConfig, "devices"> & { readonly devices: readonly DeviceConfig[] };

/** The configuration with what was written, or everything that is wrong with it in the order of the file. */
export type ReadConfig =
  | { readonly config: GatewayConfig; readonly written: unknown }
  | { readonly issues: readonly ConfigIssue[] };

type Unchecked = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Unchecked =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const driverFinding = (protocol: string, path: Path): Finding => {
  const known = drivers.map((driver) => driver.protocol).join(", ");
  return {
    path: [...path, "protocol"],
    zh: `没有 ${protocol} 这个协议，已有：${known}`,
    en: `${protocol} is no protocol; known: ${known}`,
  };
};

/** A folder has files; only some drivers read those. */
const folderFindings = ({ protocol }: Unchecked, path: Path): Finding[] => {
  const readers = drivers.filter(({ readsFolders }) => readsFolders === true).map((driver) => driver.protocol);
  if (typeof protocol !== "string" || readers.includes(protocol)) return [];
  const known = readers.join(", ");
  const zh = `${protocol} 不能读取文件夹，可读取文件夹的协议：${known}`;
  return [{ path: [...path, "address"], zh, en: `${protocol} reads no folders; these do: ${known}` }];
};

const addressFindings = (device: Unchecked, path: Path): Finding[] => {
  const { address, insecureTransport } = device;
  if (typeof address !== "string" || address === "") return [];
  try {
    const { kind } = parseTransportAddress(address);
    if (kind === "folder") return folderFindings(device, path);
    if (kind !== "tcp" || insecureTransport === true) return [];
  } catch (error) {
    if (!(error instanceof MingchengError)) throw error;
    const zh = "应为 tcp://host:port、folder:///文件夹 或端口路径，例如 /dev/serial/by-id/…";
    const en = "expected tcp://host:port, folder:///path or a port path such as /dev/serial/by-id/…";
    return [{ path: [...path, "address"], zh, en }];
  }
  return [
    {
      path: [...path, "insecureTransport"],
      zh: "tcp:// 为明文传输，须写 insecureTransport: true 才会使用",
      en: "tcp:// is plain text and is used only with insecureTransport: true",
    },
  ];
};

/** A value that two devices may not share. */
const repeatFindings = (devices: readonly unknown[], key: "id" | "address", zh: string, en: string): Finding[] => {
  const first = new Map<unknown, number>();
  return devices.flatMap((device, index) => {
    const value = isObject(device) ? device[key] : undefined;
    if (value === undefined) return [];
    const earlier = first.get(value);
    if (earlier === undefined) first.set(value, index);
    if (earlier === undefined) return [];
    return [{ path: ["devices", index, key], zh: `devices[${earlier}] ${zh}`, en: `devices[${earlier}] ${en}` }];
  });
};

const deviceIdsOf = (devices: readonly unknown[]): string[] =>
  devices.flatMap((device) => (isObject(device) && typeof device["id"] === "string" ? [device["id"]] : []));

interface CheckedDevice {
  readonly findings: readonly Finding[];
  readonly driver?: DriverDefinition;
  readonly options?: unknown;
}

const checkDevice = (device: unknown, index: number): CheckedDevice => {
  if (!isObject(device)) return { findings: [] };
  const path: Path = ["devices", index];
  const findings = addressFindings(device, path);
  const { protocol, options } = device;
  if (typeof protocol !== "string" || protocol === "") return { findings };
  const driver = drivers.find((known) => known.protocol === protocol);
  if (driver === undefined) return { findings: [...findings, driverFinding(protocol, path)] };
  const read = parseWith(driver.configSchema, options ?? {}, [...path, "options"]);
  if ("findings" in read) return { findings: [...findings, ...read.findings] };
  return { findings, driver, options: read.data };
};

const assemble = (written: WrittenConfig, checked: readonly CheckedDevice[]): GatewayConfig => {
  const devices = written.devices.flatMap(({ id, address, insecureTransport, serial, silentAfterMs }, index) => {
    const { driver, options } = checked[index] ?? {};
    if (driver === undefined) return [];
    const { baudRate, dataBits, parity, stopBits } = driver.transportDefaults;
    const device: DeviceConfig = {
      id,
      driver,
      address,
      insecureTransport,
      serial: {
        baudRate: serial.baudRate ?? baudRate,
        dataBits: serial.dataBits ?? dataBits,
        parity: serial.parity ?? parity,
        stopBits: serial.stopBits ?? stopBits,
      },
      silentAfterMs: silentAfterMs === undefined ? usualSilenceMs(driver, options) : silentAfterMs,
      options,
    };
    return [device];
  });
  return { ...written, devices };
};

const syntaxIssues = (document: ReturnType<typeof parseDocument>, lines: LineCounter): ConfigIssue[] =>
  document.errors.map(({ pos, message }) => {
    const text = message.split("\n")[0] ?? "";
    return { field: "", line: lines.linePos(pos[0]).line, zh: `不是有效的 YAML：${text}`, en: `not YAML: ${text}` };
  });

/** Checks a configuration that was read already, wherever it came from. */
export const checkGatewayConfig = (
  input: unknown,
): { readonly config: GatewayConfig } | { readonly findings: readonly Finding[] } => {
  const written = parseWith(gatewayConfigSchema, input, []);
  const listed = isObject(input) && Array.isArray(input["devices"]) ? (input["devices"] as unknown[]) : [];
  const checked = listed.map(checkDevice);
  const findings = [
    ...("findings" in written ? written.findings : []),
    ...repeatFindings(listed, "id", "已使用这个编号", "has this id already"),
    ...repeatFindings(listed, "address", "已使用这个地址", "is at this address already"),
    ...checked.flatMap((device) => device.findings),
    ...("data" in written
      ? historyFindings(
          checked.map(({ options }) => options),
          written.data.outbox.retentionDays,
        )
      : []),
    ...("data" in written ? intakeFindings(written.data.intake, deviceIdsOf(listed)) : []),
  ];
  return findings.length === 0 && "data" in written ? { config: assemble(written.data, checked) } : { findings };
};

/** Reads a configuration text; every fault is named, not only the first. An empty text means all defaults. */
export const parseGatewayConfig = (text: string): ReadConfig => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, strict: true, uniqueKeys: true });
  if (document.errors.length > 0) return { issues: syntaxIssues(document, lines) };
  let input: unknown;
  try {
    input = document.toJS() ?? {};
  } catch (error) {
    // Aliases that multiply without end are found only here.
    const reason = error instanceof Error ? error.message : String(error);
    return { issues: [{ field: "", line: 1, zh: `不是有效的 YAML：${reason}`, en: `not YAML: ${reason}` }] };
  }
  const checked = checkGatewayConfig(input);
  if ("config" in checked) return { config: checked.config, written: input };
  const root = isNode(document.contents) ? document.contents : null;
  const issues = checked.findings.map(({ path, zh, en }): ConfigIssue => {
    return { field: fieldOf(path), line: lineOf(root, path, lines), zh, en };
  });
  return { issues: issues.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)) };
};
