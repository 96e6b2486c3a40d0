import { spawn } from "node:child_process";
import { once } from "node:events";
import { MingchengError } from "@mingcheng/protocols";
import { drawPictures, type PictureSize, type Scene } from "./draw-pictures.ts";

/** How pictures are coded. */
export interface Encoding extends PictureSize {
  readonly codec: "h264" | "h265";
  readonly scene: Scene;
  readonly frames: number;
  readonly framesPerSecond: number;
  /** A key frame every so many. */
  readonly keyEvery: number;
  /** Null: the same quality throughout, however little that takes. */
  readonly kbitPerSecond: number | null;
}

const steadyQuality = 26;

const x264 = ({ keyEvery, kbitPerSecond }: Encoding): string[] => [
  ...["-c:v", "libx264", "-profile:v", "main", "-preset", "medium", "-tune", "zerolatency", "-bf", "0"],
  ...["-g", `${keyEvery}`, "-keyint_min", `${keyEvery}`, "-sc_threshold", "0"],
  ...(kbitPerSecond === null
    ? ["-qp", `${steadyQuality}`]
    : ["-b:v", `${kbitPerSecond}k`, "-maxrate", `${kbitPerSecond}k`, "-bufsize", `${kbitPerSecond}k`]),
  ...["-x264-params", "aud=1:sliced-threads=0:threads=1"],
];

const x265 = ({ keyEvery, kbitPerSecond }: Encoding): string[] => {
  const own = `aud=1:repeat-headers=1:bframes=0:keyint=${keyEvery}:min-keyint=${keyEvery}:scenecut=0:open-gop=0`;
  const rate = kbitPerSecond === null ? "" : `:vbv-maxrate=${kbitPerSecond}:vbv-bufsize=${kbitPerSecond}`;
  const quality = kbitPerSecond === null ? ["-qp", `${steadyQuality}`] : ["-b:v", `${kbitPerSecond}k`];
  const params = `${own}:log-level=none:info=0:pools=none:frame-threads=1${rate}`;
  return ["-c:v", "libx265", "-preset", "medium", "-tune", "zerolatency", ...quality, "-x265-params", params];
};

/**
 * Draws and codes pictures with ffmpeg (Debian's package): an elementary stream with start codes and delimiters
 * (ISO/IEC 14496-10 and 23008-2, Annex B).
 * @throws {MingchengError} SIM_LINE_FAILED when ffmpeg is missing or fails
 */
export const encodePictures = async (encoding: Encoding): Promise<Uint8Array> => {
  const { codec, scene, frames, framesPerSecond, widthPx, heightPx } = encoding;
  const raw = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", `${widthPx}x${heightPx}`, "-r", `${framesPerSecond}`];
  const out = codec === "h264" ? [...x264(encoding), "-f", "h264"] : [...x265(encoding), "-f", "hevc"];
  const args = ["-hide_banner", "-loglevel", "error", ...raw, "-i", "pipe:0", ...out, "pipe:1"];
  const child = spawn("ffmpeg", args, { stdio: ["pipe", "pipe", "inherit"] });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stdin.on("error", () => undefined);
  const ended = new Promise<void>((resolve, reject) => {
    child.on("error", (cause) => reject(new MingchengError("SIM_LINE_FAILED", `ffmpeg: ${cause.message}`, { cause })));
    child.on("close", (code) =>
      code === 0 ? resolve() : reject(new MingchengError("SIM_LINE_FAILED", `ffmpeg ended with ${code}`)),
    );
  });
  const fed = (async (): Promise<void> => {
    for (const picture of drawPictures(scene, encoding, frames)) {
      if (!child.stdin.write(picture)) await Promise.race([once(child.stdin, "drain"), ended]);
    }
    child.stdin.end();
  })();
  await Promise.all([ended, fed]);
  return Buffer.concat(chunks);
};
