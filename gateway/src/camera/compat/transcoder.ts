import type { ChildProcess } from "node:child_process";

/** What a transcoder tells. */
export interface TranscoderSink {
  /** A piece of an MPEG transport stream with MPEG-1 video. */
  piece(bytes: Uint8Array): void;
  /** It ended by itself; the error when it could not be started. */
  ended(error: Error | undefined): void;
}

/** A transcoder that runs. */
export interface Transcoder {
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
 * Starts node-rtsp-stream on what can be read at `address`. As it comes it would open a port to anybody and show the
 * camera's password in its arguments: this one opens none, and reads our own stream.
 * @throws the system's error when it is not installed
 */
export const openTranscoder = async (address: string, sink: TranscoderSink): Promise<Transcoder> => {
  // It has no types of its own.
  const name: string = "node-rtsp-stream";
  const { default: Base } = (await import(name)) as { readonly default: VideoStreamClass };
  class Portless extends Base {
    pipeStreamToSocketServer(): this {
      return this;
    }
  }
  const running = new Portless({ name: "compatible", streamUrl: address, ffmpegOptions });
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
  return {
    stop: () => {
      ended = true;
      running.stream.kill("SIGKILL");
    },
  };
};
