import { MingchengError } from "@mingcheng/protocols";
import type { Language } from "../config/config-issue.ts";
import type { IntakeConfig } from "../config/intake-config.ts";
import { issueText, readGatewayConfig } from "../config/load-config.ts";
import { parseGatewayConfig } from "../config/parse-config.ts";
import { addCredential, credentialPath, readCredentials, removeCredential } from "../intake/credential-file.ts";
import type { WriteLine } from "./check.ts";
import { textTable } from "./text-table.ts";

/** Options of `mingcheng-gateway intake …`. */
export interface IntakeOptions {
  /** Configuration of the gateway; left out: all defaults, and nobody checks the device's name. */
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
  readonly replace?: boolean | undefined;
}

/** How it speaks. */
export interface IntakeSpeech {
  readonly language: Language;
  readonly writeLine: WriteLine;
}

interface Place {
  readonly path: string;
  readonly intake: IntakeConfig | undefined;
}

const placeOf = async ({ config }: IntakeOptions): Promise<Place> => {
  const read = config === undefined ? parseGatewayConfig("") : await readGatewayConfig(config);
  if ("issues" in read) {
    const [first] = read.issues;
    const message = first === undefined ? "" : issueText(config ?? "", first, "en");
    throw new MingchengError("CONFIG_INVALID", message, { field: first?.field ?? "" });
  }
  return { path: credentialPath(read.config.data), intake: read.config.intake };
};

/**
 * Makes a device's secret and prints it, once. A running gateway takes it within two seconds.
 * @throws {MingchengError} INTAKE_DEVICE_UNKNOWN, INTAKE_CREDENTIAL_EXISTS, INTAKE_CREDENTIALS_DAMAGED, CONFIG_INVALID
 */
export const addIntakeDevice = async (
  device: string,
  options: IntakeOptions,
  speech: IntakeSpeech,
): Promise<number> => {
  const { path, intake } = await placeOf(options);
  const known = intake?.devices.find(({ id }) => id === device);
  if (options.config !== undefined && known === undefined) {
    throw new MingchengError("INTAKE_DEVICE_UNKNOWN", device, { field: "intake.devices" });
  }
  const secret = await addCredential(path, device, options.replace === true, new Date().toISOString());
  const { writeLine, language } = speech;
  if (options.json === true) {
    writeLine(JSON.stringify({ device, secret }));
    return 0;
  }
  const pick = (zh: string, en: string): string => (language === "zh" ? zh : en);
  writeLine(`${pick("设备", "device")}: ${device}`);
  writeLine(`${pick("密钥", "secret")}: ${secret}`);
  writeLine(
    pick(
      "密钥只显示这一次，网关只存其摘要。在设备上填写设备编号和密钥；运行中的网关 2 秒内生效。",
      "The secret is shown this once; the gateway keeps a digest only. Enter both at the device; a running gateway knows it within 2 seconds.",
    ),
  );
  return 0;
};

/** Shows which devices have a secret. @throws {MingchengError} INTAKE_CREDENTIALS_DAMAGED, CONFIG_INVALID */
export const listIntakeDevices = async (
  options: IntakeOptions,
  { language, writeLine }: IntakeSpeech,
): Promise<number> => {
  const { path, intake } = await placeOf(options);
  const credentials = await readCredentials(path);
  const configured = intake?.devices ?? [];
  const ids = [...new Set([...configured.map(({ id }) => id), ...credentials.map(({ device }) => device)])].sort();
  const rows = ids.map((id) => {
    const device = configured.find((each) => each.id === id);
    const credential = credentials.find((each) => each.device === id);
    return {
      device: id,
      kind: device?.kind ?? null,
      insecureTransport: device?.insecureTransport ?? false,
      secretSince: credential?.addedAt ?? null,
    };
  });
  if (options.json === true) {
    writeLine(JSON.stringify(rows));
    return 0;
  }
  const pick = (zh: string, en: string): string => (language === "zh" ? zh : en);
  const titles = [pick("设备", "device"), pick("类型", "kind"), pick("明文", "plain text"), pick("密钥", "secret")];
  const cells = rows.map(({ device, kind, insecureTransport, secretSince }) => [
    device,
    kind ?? pick("未配置", "not configured"),
    insecureTransport ? pick("允许", "allowed") : pick("不允许", "no"),
    secretSince === null ? pick("没有，请运行 intake add", "none: run intake add") : secretSince,
  ]);
  for (const line of textTable([titles, ...cells])) writeLine(line);
  return 0;
};

/** Takes a device's secret away; its connections end within two seconds. @throws {MingchengError} INTAKE_DEVICE_UNKNOWN, … */
export const removeIntakeDevice = async (
  device: string,
  options: IntakeOptions,
  speech: IntakeSpeech,
): Promise<number> => {
  const { path } = await placeOf(options);
  await removeCredential(path, device);
  const { writeLine, language } = speech;
  writeLine(
    language === "zh"
      ? `${device} 的密钥已失效，已采集的记录不受影响`
      : `${device} has no secret any more; its records stay`,
  );
  return 0;
};
