import type { SetupCameraTest, SetupText } from "@mingcheng/protocols";
import { Depacketiser } from "../media/depacketiser.ts";
import type { MovieBegin } from "../media/fragment.ts";
import { movieBegin } from "../media/movie-begin.ts";
import { readRtp } from "../media/rtp.ts";
import type { RtspLogin } from "../rtsp/authorization.ts";
import { openRtspSession, type RtspSession } from "../rtsp/rtsp-session.ts";
import { pictureProblem, sessionProblem } from "./camera-problems.ts";
import type { CameraSubnets } from "./camera-subnets.ts";

/** What is tried. */
export interface TriedStream {
  readonly address: string;
  readonly login: RtspLogin | undefined;
  readonly transport: "tcp" | "udp";
  readonly subnets: Pick<CameraSubnets, "includes">;
  /** For connecting and each answer, and then again for the first picture. */
  readonly timeoutMs: number;
  readonly nowMs: () => number;
  readonly after: (delayMs: number, task: () => void) => () => void;
}

const slowKeyMs = 4_000;

const adviceOf = ({ codec, widthPx }: MovieBegin, tookMs: number): SetupText[] => [
  ...(codec.startsWith("avc1")
    ? []
    : [
        {
          zh: "H.265：多数浏览器不能直接播放，请把子码流设为 H.264",
          en: "H.265: most browsers cannot play it; set the sub-stream to H.264",
        },
      ]),
  ...(tookMs > slowKeyMs
    ? [
        {
          zh: "关键帧间隔较长，打开画面会慢；建议 1-2 秒",
          en: "key frames come seldom, so pictures begin late; 1-2 s is better",
        },
      ]
    : []),
  ...(widthPx > 1_920
    ? [{ zh: "分辨率很高，多画面墙请另设子码流", en: "a very large picture: set a sub-stream for walls as well" }]
    : []),
];

/** Tries a stream until its first whole key frame, says good-bye, and says what came or what is wrong. Never rejects for a camera's sake. */
export const tryStream = async (tried: TriedStream): Promise<SetupCameraTest> => {
  const { nowMs, after, timeoutMs, ...asked } = tried;
  const beganMs = nowMs();
  const trying = new AbortController();
  let session: RtspSession | undefined;
  let done: (result: SetupCameraTest) => void = () => undefined;
  const result = new Promise<SetupCameraTest>((resolve) => {
    done = resolve;
  });
  let depacketiser: Depacketiser | undefined;
  let movie: MovieBegin | undefined;
  try {
    session = await openRtspSession(
      { ...asked, sound: false, timeoutMs, signal: trying.signal },
      {
        described: ({ codec, parameterSets }) => {
          depacketiser = new Depacketiser(codec, {
            parameters: (sets) => {
              movie = movieBegin(sets);
            },
            unit: () => {
              if (movie === undefined) return;
              const { codec: playedCodec, widthPx, heightPx } = movie;
              const firstPictureMs = Math.round(nowMs() - beganMs);
              const advice = adviceOf(movie, firstPictureMs);
              done({ problem: null, codec: playedCodec, widthPx, heightPx, firstPictureMs, advice });
            },
          });
          depacketiser.describe(parameterSets);
        },
        video: (bytes, start, end) => {
          const packet = readRtp(bytes, start, end);
          if (packet !== undefined) depacketiser?.push(packet);
        },
        sound: () => undefined,
        restMs: () => 0,
        ended: (reason) => done({ problem: pictureProblem(reason) }),
      },
    );
    const cancel = after(timeoutMs * 2, () => {
      const { packets = 0, lost = 0 } = depacketiser?.counts ?? {};
      done({ problem: pictureProblem(`${packets} packets, ${lost} lost`) });
    });
    const found = await result;
    cancel();
    return found;
  } catch (error) {
    return { problem: sessionProblem(error) };
  } finally {
    session?.close();
    trying.abort();
  }
};
