import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { stringify } from "yaml";

/** A secret of a simulator: made on first use, then read again. */
export const keptSecret = (
  dir: string,
  name: string,
  fresh = (): string => randomBytes(24).toString("base64url"),
): string => {
  mkdirSync(dir, { recursive: true });
  const path = join(dir, name);
  if (!existsSync(path)) writeFileSync(path, `${fresh()}\n`, { mode: 0o600 });
  return readFileSync(path, "utf8").trim();
};

/** Writes settings of a channel as a configuration of the centre, `channels.yaml`, ready to be pasted. Returns the path. */
export const writeChannel = (dir: string, channel: Readonly<Record<string, unknown>>): string => {
  const path = resolve(dir, "channels.yaml");
  writeFileSync(path, stringify({ channels: [channel] }, { lineWidth: 0 }));
  return path;
};
