import type { ChildProcess } from "node:child_process";
import type { Writable } from "node:stream";
import { MingchengError } from "@mingcheng/protocols";

/** What a transcoder tells. */
export interface TranscoderSink {
  /** A piece of an MPEG transport stream with MPEG-1 video. */
  piece(bytes: Uint8Array): void;
  /** It ended by itself; the error when it could not be started. */
  ended(error: Error | undefined): void;
}

/** A transcoder that runs. */
export interface Transcoder {
  /** Takes fragmented MP4. */
  readonly input: Writable;
  /** Kills it. */
  stop(): void;
}

/** What is used of node-rtsp-stream 0.0.9. */
interface VideoStream {
  readonly stream: ChildProcess;
  on(event: "camdata", hear: (bytes: Uint8Array) => void): void;
}
type VideoStreamClass = new (options: Readonly<Record<string, unknown>>) => VideoStream;

/** For players of MPEG-1: no sound, no pictures that wait for later ones, a rate that the codec knows. */
const ffmpegOptions = {
  "-loglevel": "fatal",
  "-an": "",
  "-r": "25",
  "-b:v": "1000k",
  "-maxrate": "1500k",
  "-bufsize": "500k",
  "-bf": "0",
};

/**
 * Starts node-rtsp-stream on what is written to its input. As it comes it would open a port to anybody, have a session of its
 * own with the camera and show its password in its arguments: this one opens none and is fed from the session that there is.
 * @throws {MingchengError} DECODER_MISSING without ffmpeg; the system's error when the library is not installed
 */
export const openTranscoder = async (sink: TranscoderSink): Promise<Transcoder> => {
  // It has no types of its own.
  const name: string = "node-rtsp-stream";
  const { default: Base } = (await import(name)) as { readonly default: VideoStreamClass };
  class Portless extends Base {
    pipeStreamToSocketServer(): this {
      return this;
    }
  }
  const running = new Portless({ name: "compatible", streamUrl: "pipe:0", ffmpegOptions });
  let ended = false;
  const end = (error: Error | undefined): void => {
    if (ended) return;
    ended = true;
    sink.ended(error);
  };
  running.on("camdata", (bytes) => {
    if (!ended) sink.piece(bytes);
  });
  running.stream.on("error", end);
  running.stream.on("exit", () => end(undefined));
  const input = running.stream.stdin;
  if (input === null) throw new MingchengError("DECODER_MISSING", "ffmpeg");
  return {
    input,
    stop: () => {
      ended = true;
      running.stream.kill("SIGKILL");
    },
  };
};
