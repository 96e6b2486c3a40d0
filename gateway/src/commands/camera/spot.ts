import { join } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import type { CameraAsk } from "../../camera/keeping/camera-ask.ts";
import { askOnTheSpot } from "../../camera/keeping/desk-socket.ts";
import { Holds } from "../../camera/recording/holds.ts";
import type { CamerasConfig } from "../../config/cameras-config.ts";
import type { Language } from "../../config/config-issue.ts";
import { issueText, readGatewayConfig } from "../../config/load-config.ts";
import type { RecordingConfig } from "../../config/recording-config.ts";
import type { WriteLine } from "../check.ts";

/** What every command about cameras is told with. */
export interface Speech {
  readonly language: Language;
  readonly writeLine: WriteLine;
}

/** A box with cameras, as its configuration says. */
export interface Spot {
  readonly data: string;
  readonly cameras: CamerasConfig;
}

type Answer = Readonly<Record<string, unknown>>;

/** The configuration's cameras; undefined, and said, where it is not valid. @throws {MingchengError} CAMERAS_OFF without any */
export const spotOf = async (path: string, { language, writeLine }: Speech): Promise<Spot | undefined> => {
  const read = await readGatewayConfig(path);
  if ("issues" in read) {
    for (const issue of read.issues) writeLine(issueText(path, issue, language));
    return undefined;
  }
  const { cameras, data } = read.config;
  if (cameras === undefined) throw new MingchengError("CAMERAS_OFF", path, { field: "cameras" });
  return { data, cameras };
};

/** Its recording. @throws {MingchengError} RECORDING_OFF */
export const recordingOf = ({ cameras }: Spot): RecordingConfig => {
  if (cameras.recording === undefined) throw new MingchengError("RECORDING_OFF", "", { field: "cameras.recording" });
  return cameras.recording;
};

/** Ids of recorded channels: the one that is asked for, or all. @throws {MingchengError} CAMERA_UNKNOWN, RECORDING_OFF */
export const recordedChannels = ({ cameras }: Spot, asked: string | undefined): readonly string[] => {
  if (asked !== undefined && !cameras.channels.some(({ id }) => id === asked)) {
    throw new MingchengError("CAMERA_UNKNOWN", asked, { field: "channel" });
  }
  const recorded = cameras.channels.filter(({ id, record }) => record && (asked === undefined || id === asked));
  if (recorded.length === 0) throw new MingchengError("RECORDING_OFF", asked ?? "", { field: "channel" });
  return recorded.map(({ id }) => id);
};

/** Asks the running gateway; undefined: it does not run. @throws {MingchengError} what it answered */
export const askSpot = async ({ data }: Spot, ask: CameraAsk): Promise<Answer | undefined> => {
  const answer = await askOnTheSpot(data, ask);
  if (answer === undefined) return undefined;
  if (!answer.ok) throw new MingchengError(answer.code, answer.message);
  return answer.result;
};

/** Asks the running gateway. @throws {MingchengError} CAMERAS_OFF; what it answered */
export const askRunning = async (spot: Spot, ask: CameraAsk): Promise<Answer> => {
  const answer = await askSpot(spot, ask);
  if (answer === undefined) throw new MingchengError("CAMERAS_OFF", "start the gateway first");
  return answer;
};

/** Holds as they are on disk, for when no gateway runs. @throws {MingchengError} RECORDING_HOLDS_DAMAGED */
export const holdsOnDisk = (spot: Spot): Promise<Holds> => Holds.open(join(recordingOf(spot).folder, "holds.json"));

/** Who works at this terminal. */
export const whoAmI = (): string =>
  process.env["SUDO_USER"] ?? process.env["USER"] ?? process.env["LOGNAME"] ?? "local";
