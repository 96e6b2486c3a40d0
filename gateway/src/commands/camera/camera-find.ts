import { CameraSetup } from "../../camera/discovery/camera-setup.ts";
import type { CamerasConfig } from "../../config/cameras-config.ts";
import { issueText, readGatewayConfig } from "../../config/load-config.ts";
import type { Speech } from "./spot.ts";

/** Options of `mingcheng-gateway camera find` and `camera test`. */
export interface CameraFindOptions {
  readonly config: string;
  readonly json?: boolean | undefined;
}

/** Further options of `camera test`. */
export interface CameraTestOptions extends CameraFindOptions {
  readonly address?: string | undefined;
  readonly user?: string | undefined;
  readonly sub?: boolean | undefined;
}

const seconds = 4;

interface Opened {
  readonly setup: CameraSetup;
  readonly cameras: CamerasConfig | undefined;
}

const open = async (path: string, { language, writeLine }: Speech): Promise<Opened | undefined> => {
  const read = await readGatewayConfig(path);
  if ("issues" in read) {
    for (const issue of read.issues) writeLine(issueText(path, issue, language));
    return undefined;
  }
  const { cameras, data } = read.config;
  const setup = new CameraSetup({
    ...{ dataDirectory: data, config: () => cameras },
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
    after: (delayMs, task) => {
      const timer = setTimeout(task, delayMs);
      return () => clearTimeout(timer);
    },
  });
  return { setup, cameras };
};

/** Looks for ONVIF cameras in the networks of this box. Exit code 1: none. @throws the system's error */
export const runCameraFind = async (options: CameraFindOptions, speech: Speech): Promise<number> => {
  const opened = await open(options.config, speech);
  if (opened === undefined) return 1;
  const { language, writeLine } = speech;
  const { found } = await opened.setup.find({ seconds });
  if (options.json === true) writeLine(JSON.stringify({ found }));
  else if (found.length === 0) {
    writeLine(
      language === "zh"
        ? "没有摄像机应答。确认摄像机与网关在同一网段，且已开启 ONVIF。"
        : "No camera answered. Are they in the same network, and is ONVIF switched on?",
    );
  } else {
    for (const { address, name, hardware, channel, onvifUrl } of found) {
      writeLine([address, name, hardware, channel ?? "-", onvifUrl].join("  "));
    }
  }
  return found.length === 0 ? 1 : 0;
};

const said = (speech: Speech, { zh, en }: { readonly zh: string; readonly en: string }): string =>
  speech.language === "zh" ? zh : en;

/**
 * Tries a camera: a channel of the configuration with its stored password, or an address without one. Says what came or what
 * is wrong, and what to do. Exit code 0: a picture came.
 * @throws {MingchengError} INPUT_INVALID, CAMERA_UNKNOWN, CAMERA_PASSWORDS_DAMAGED
 */
export const runCameraTest = async (
  channel: string | undefined,
  options: CameraTestOptions,
  speech: Speech,
): Promise<number> => {
  const opened = await open(options.config, speech);
  if (opened === undefined) return 1;
  const { setup, cameras } = opened;
  const known = cameras?.channels.find(({ id }) => id === channel);
  const address = options.address ?? (options.sub === true ? known?.subAddress : known?.address);
  const { writeLine, language } = speech;
  if (address === undefined) {
    writeLine(
      language === "zh"
        ? `没有可测试的地址：写通道编号（见 cameras.channels），或 --address rtsp://…`
        : "nothing to try: name a channel (as in cameras.channels), or --address rtsp://…",
    );
    return 2;
  }
  const user = options.user ?? known?.user ?? null;
  const transport = known?.transport ?? "tcp";
  const result = await setup.test({ address, user, transport, channel: known?.id ?? null });
  if (options.json === true) writeLine(JSON.stringify(result));
  else if (result.problem === null) {
    const { codec, widthPx, heightPx, firstPictureMs, advice } = result;
    const size = `${widthPx}×${heightPx}`;
    writeLine(
      language === "zh"
        ? `有画面：${codec} ${size}，${firstPictureMs} 毫秒后`
        : `A picture came: ${codec} ${size}, after ${firstPictureMs} ms`,
    );
    for (const one of advice) writeLine(said(speech, one));
  } else {
    const { what, next, detail } = result.problem;
    writeLine(`${said(speech, what)}${detail === "" ? "" : ` (${detail})`}`);
    writeLine(said(speech, next));
  }
  return result.problem === null ? 0 : 1;
};
