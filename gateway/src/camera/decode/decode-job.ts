import { spawn } from "node:child_process";
import { MingchengError } from "@mingcheng/protocols";
import type { GreyPicture } from "../health/picture-measure.ts";

/** A key frame as it is relayed: the beginning of the movie and one fragment that begins with it. */
export interface KeyFrame {
  readonly begin: Uint8Array;
  readonly fragment: Uint8Array;
}

/** Runs decode jobs. Short-lived processes, few at a time, fed on their standard input: no address, no password, no shell. */
export interface Decoder {
  /**
   * The picture as JPEG, in its own size, or as wide as `mostWidthPx` where it is wider.
   * @throws {MingchengError} DECODER_MISSING, PICTURE_UNREADABLE
   */
  jpeg(frame: KeyFrame, mostWidthPx?: number): Promise<Uint8Array>;
  /** The picture grey and small, for measuring. @throws the same */
  grey(frame: KeyFrame): Promise<GreyPicture>;
}

/** What a decoder is made with. */
export interface DecoderOptions {
  /** Program of Debian's package `ffmpeg`. */
  readonly program?: string;
  /** A job that takes longer is ended. */
  readonly timeoutMs?: number;
}

const greySize = { widthPx: 160, heightPx: 90 } as const;
/** An 8-megapixel JPEG of good quality is below 8 MB. */
const mostBytes = 16 * 1024 * 1024;
const mostAtOnce = 2;

/** Seconds of CPU: should the process that started it be gone, a job that hangs ends all the same. One thread costs least. */
const limits = ["-timelimit", "10", "-threads", "1"];

/** Only what comes through the pipe is read, whatever the movie says about where its pictures are. */
const input = [
  "-hide_banner",
  "-loglevel",
  "error",
  ...limits,
  "-protocol_whitelist",
  "pipe",
  "-f",
  "mp4",
  "-i",
  "pipe:0",
];
const oneFrame = ["-an", "-frames:v", "1"];
const jpegOutput = [...oneFrame, "-q:v", "3", "-f", "mjpeg", "pipe:1"];
/** Smaller, and good enough to see what is going on. */
const smallOutput = (mostWidthPx: number): string[] => [
  ...[...oneFrame, "-vf", `scale='min(${mostWidthPx},iw)':-2`, "-q:v", "6", "-f", "mjpeg", "pipe:1"],
];
const greyOutput = [
  ...oneFrame,
  ...["-vf", `scale=${greySize.widthPx}:${greySize.heightPx}:flags=area`, "-pix_fmt", "gray", "-f", "rawvideo"],
  "pipe:1",
];

interface Job {
  readonly program: string;
  readonly args: readonly string[];
  readonly frame: KeyFrame;
  readonly timeoutMs: number;
}

const unreadable = (why: string): MingchengError => new MingchengError("PICTURE_UNREADABLE", why);

const runJob = ({ program, args, frame, timeoutMs }: Job): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    // An environment of its own: the process needs none, and none of it can reach a child.
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], env: { PATH: process.env["PATH"] } });
    const chunks: Buffer[] = [];
    let bytes = 0;
    let said = "";
    let tooMuch = false;
    const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
    child.on("error", (cause: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(cause.code === "ENOENT" ? new MingchengError("DECODER_MISSING", program, { cause }) : cause);
    });
    child.stdout.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= mostBytes) chunks.push(chunk);
      else {
        tooMuch = true;
        child.kill("SIGKILL");
      }
    });
    child.stderr.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString("utf8")).slice(0, 500);
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (code === 0 && bytes > 0) resolve(Buffer.concat(chunks));
      else if (tooMuch) reject(unreadable(`more than ${mostBytes} bytes`));
      else if (signal !== null) reject(unreadable(`the decoder did not end within ${timeoutMs} ms`));
      else reject(unreadable(said.split("\n")[0] ?? `exit code ${code}`));
    });
    // A decoder that has what it needs closes its end first; that is no fault.
    child.stdin.on("error", () => undefined);
    child.stdin.write(frame.begin);
    child.stdin.end(frame.fragment);
  });

/** A decoder that uses ffmpeg (Debian's package). Nothing is started before the first job. */
export const ffmpegDecoder = ({ program = "ffmpeg", timeoutMs = 5_000 }: DecoderOptions = {}): Decoder => {
  let running = 0;
  const waiting: (() => void)[] = [];
  const run = async (args: readonly string[], frame: KeyFrame): Promise<Uint8Array> => {
    if (running >= mostAtOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    running++;
    try {
      return await runJob({ program, args: [...input, ...args], frame, timeoutMs });
    } finally {
      running--;
      waiting.shift()?.();
    }
  };
  return {
    jpeg: (frame, mostWidthPx) => run(mostWidthPx === undefined ? jpegOutput : smallOutput(mostWidthPx), frame),
    grey: async (frame) => {
      const pixels = await run(greyOutput, frame);
      if (pixels.length < greySize.widthPx * greySize.heightPx) throw unreadable(`${pixels.length} bytes of a picture`);
      return { ...greySize, pixels: pixels.subarray(0, greySize.widthPx * greySize.heightPx) };
    },
  };
};
