import { MingchengError } from "@mingcheng/protocols";
import { CameraPasswords } from "../../camera/secrets/camera-passwords.ts";
import type { Language } from "../../config/config-issue.ts";
import { issueText, readGatewayConfig } from "../../config/load-config.ts";
import type { WriteLine } from "../check.ts";

/** Options of `mingcheng-gateway camera password`. */
export interface CameraPasswordOptions {
  readonly config: string;
  readonly remove?: boolean | undefined;
}

const mostBytes = 1_024;

/** The first line of the standard input. A password never stands in arguments: everybody on the box can read those. */
const passwordFrom = async (input: AsyncIterable<Buffer | string>): Promise<string> => {
  let text = "";
  for await (const piece of input) {
    text += piece.toString();
    if (text.includes("\n") || text.length > mostBytes) break;
  }
  const [line = ""] = text.split(/\r?\n/);
  if (line === "" || line.length > mostBytes)
    throw new MingchengError("INPUT_INVALID", "no password on standard input");
  return line;
};

/**
 * Sets or removes a camera's password; a running gateway uses it at its next try. Returns the exit code.
 * @throws {MingchengError} CONFIG_INVALID, CAMERA_UNKNOWN, INPUT_INVALID, CAMERA_PASSWORDS_DAMAGED; the system's error
 */
export const runCameraPassword = async (
  channel: string,
  { config: path, remove }: CameraPasswordOptions,
  speech: {
    readonly language: Language;
    readonly writeLine: WriteLine;
    readonly input: AsyncIterable<Buffer | string>;
  },
): Promise<number> => {
  const { language, writeLine, input } = speech;
  const read = await readGatewayConfig(path);
  if ("issues" in read) {
    for (const issue of read.issues) writeLine(issueText(path, issue, language));
    return 1;
  }
  const { cameras, data } = read.config;
  if (cameras?.channels.some(({ id }) => id === channel) !== true) {
    throw new MingchengError("CAMERA_UNKNOWN", channel, { field: "cameras.channels" });
  }
  const passwords = await CameraPasswords.open(data);
  const pick = (zh: string, en: string): string => (language === "zh" ? zh : en);
  if (remove === true) {
    const had = await passwords.remove(channel);
    writeLine(had ? pick("已删除。", "Removed.") : pick("没有密码可删除。", "There was none."));
    return 0;
  }
  await passwords.set(channel, await passwordFrom(input));
  writeLine(
    pick("已加密保存；运行中的网关下次连接时使用。", "Kept, encrypted; a running gateway uses it at its next try."),
  );
  return 0;
};
