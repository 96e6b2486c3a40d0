import { execFileSync, spawnSync } from "node:child_process";
import { boxesOf } from "../src/camera/recording/boxes.ts";

const there = spawnSync("ffmpeg", ["-version"]).status === 0;

/** For `it.skipIf`: true without ffmpeg, but never with `CI=true`: there it runs and fails. */
export const withoutFfmpeg = !there && process.env["CI"] !== "true";

/** A title that says what is missing. */
export const withFfmpeg = (title: string): string =>
  there ? title : `${title} [needs ffmpeg; to enable: sudo apt-get install -y ffmpeg]`;

/** What a made movie shows. */
export interface MadeMovie {
  /** A source of ffmpeg's `lavfi`, like `testsrc2` or `color=black`. */
  readonly source: string;
  readonly seconds: number;
  readonly widthPx?: number;
  readonly heightPx?: number;
}

/** A beginning and its fragments, made by ffmpeg: H.264, 25 pictures a second, a key frame every two seconds, 200 ms fragments. */
export const madeFragments = ({ source, seconds, widthPx = 640, heightPx = 360 }: MadeMovie) => {
  const size = `${source}${source.includes("=") ? ":" : "="}size=${widthPx}x${heightPx}:rate=25`;
  const movie = execFileSync(
    "ffmpeg",
    [
      ...["-hide_banner", "-loglevel", "error", "-f", "lavfi", "-i", size, "-t", String(seconds)],
      ...["-vf", "noise=alls=8:allf=t", "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency"],
      ...["-g", "50", "-b:v", "600k", "-pix_fmt", "yuv420p", "-f", "mp4", "-frag_duration", "200000"],
      ...["-movflags", "empty_moov+default_base_moof+frag_keyframe", "pipe:1"],
    ],
    { maxBuffer: 64 * 1024 * 1024 },
  );
  const boxes = [...boxesOf(movie)];
  const first = boxes.find(({ type }) => type === "moof")?.start ?? movie.length;
  const fragments: Uint8Array[] = [];
  let start: number | undefined;
  for (const box of boxes) {
    if (box.type === "moof") start = box.start;
    if (box.type === "mdat" && start !== undefined) fragments.push(movie.subarray(start, box.end));
  }
  return { begin: movie.subarray(0, first), fragments };
};
