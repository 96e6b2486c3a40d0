import { errorCatalogue, explain } from "@mingcheng/protocols";
import type { IntakeConfig } from "../config/intake-config.ts";
import { issueText, readGatewayConfig } from "../config/load-config.ts";
import type { ReadConfig } from "../config/parse-config.ts";

/** Writes one line to the terminal. */
export type WriteLine = (line: string) => void;

const readOrSay = async (path: string, writeLine: WriteLine): Promise<ReadConfig | undefined> => {
  try {
    return await readGatewayConfig(path);
  } catch (error) {
    writeLine(explain(error, "zh"));
    writeLine(explain(error, "en"));
    return undefined;
  }
};

/** The intake in both languages, what is plain text above all. */
const intakeLines = (intake: IntakeConfig | undefined): (readonly [zh: string, en: string])[] => {
  if (intake === undefined) return [];
  const { devices, listeners } = intake;
  return [
    [`局域网接入：${devices.length} 台设备`, `LAN intake: ${devices.length} devices`],
    ...listeners.map(({ protocol, host, port, insecureTransport }): readonly [string, string] => {
      const url = `${protocol}://${host}:${port}`;
      return insecureTransport ? [`  ${url} 为明文传输`, `  ${url} is plain text`] : [`  ${url}`, `  ${url}`];
    }),
    ...devices
      .filter(({ insecureTransport }) => insecureTransport)
      .map(({ id }): readonly [string, string] => [`  ${id} 可用明文接入`, `  ${id} may use plain text`]),
  ];
};

/**
 * Reads a configuration and says, in Chinese and English, everything that is wrong with it. Opens nothing, changes
 * nothing. Returns the exit code: 0 or 1.
 */
export const runCheck = async (path: string, writeLine: WriteLine): Promise<number> => {
  const read = await readOrSay(path, writeLine);
  if (read === undefined) return 1;
  if ("config" in read) {
    const count = read.config.devices.length;
    writeLine(`${path}：配置正确，${count} 台设备`);
    writeLine(`${path}: the configuration is valid, ${count} devices`);
    for (const { id, driver, address, insecureTransport } of read.config.devices) {
      if (!insecureTransport) continue;
      writeLine(`  ${id}：${driver.displayName.zh}，${address} 为明文传输`);
      writeLine(`  ${id}: ${driver.displayName.en}, ${address} is plain text`);
    }
    for (const [zh, en] of intakeLines(read.config.intake)) {
      writeLine(`  ${zh}`);
      writeLine(`  ${en}`);
    }
    return 0;
  }
  const { next } = errorCatalogue.CONFIG_INVALID;
  for (const issue of read.issues) writeLine(issueText(path, issue, "zh"));
  writeLine(`下一步：${next.zh}。`);
  writeLine("");
  for (const issue of read.issues) writeLine(issueText(path, issue, "en"));
  writeLine(`Next: ${next.en}.`);
  return 1;
};
