import { readFileSync } from "node:fs";
import { MingchengError } from "@mingcheng/protocols/errors";
import { applyPlaylist, type NamedPlaylist, type PlaylistOutcome } from "./apply-playlist.ts";

/** What was typed. A token, or a user with a password, each in a file: secrets are never arguments. */
export interface PlaylistOptions {
  readonly url: string;
  readonly tokenFile?: string;
  readonly user?: string;
  readonly passwordFile?: string;
  readonly language: string;
}

const secret = (file: string): string => {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new MingchengError("CONFIG_INVALID", `${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const authorizationOf = ({ tokenFile, user, passwordFile }: PlaylistOptions): string => {
  if (tokenFile !== undefined) return `Bearer ${secret(tokenFile)}`;
  if (user !== undefined && passwordFile !== undefined) {
    return `Basic ${Buffer.from(`${user}:${secret(passwordFile)}`).toString("base64")}`;
  }
  throw new MingchengError("CONFIG_INVALID", "--token-file, or --user with --password-file");
};

const committed = (language: string): NamedPlaylist => {
  if (language !== "zh" && language !== "en")
    throw new MingchengError("CONFIG_INVALID", `--language ${language}: zh, en`);
  return JSON.parse(readFileSync(new URL(`../../playlists/${language}.json`, import.meta.url), "utf8"));
};

/** Does the command and returns what became of which playlist, and where it plays. */
export const runPlaylistCommand = async (
  options: PlaylistOptions,
): Promise<{ readonly name: string; readonly outcome: PlaylistOutcome; readonly plays: string }> => {
  const playlist = committed(options.language);
  const authorization = authorizationOf(options);
  const outcome = await applyPlaylist({ url: options.url, authorization }, playlist);
  const plays = `${options.url.replace(/\/+$/, "")}/playlists/play/${playlist.name}?kiosk`;
  return { name: playlist.name, outcome, plays };
};
