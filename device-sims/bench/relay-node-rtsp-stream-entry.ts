import { createRequire } from "node:module";

/** Runs `node-rtsp-stream` on a camera: `<address> <port>`. */
interface VideoStream {
  readonly stream: { kill(signal: string): void };
}
type VideoStreamClass = new (options: Readonly<Record<string, unknown>>) => VideoStream;

const Stream = createRequire(import.meta.url)("node-rtsp-stream") as VideoStreamClass;
const [address = "", port = ""] = process.argv.slice(2);
const running = new Stream({
  ...{ name: "bench", streamUrl: address, wsPort: Number(port) },
  ffmpegOptions: { "-stats": "", "-r": 30 },
});
process.on("message", () => {
  running.stream.kill("SIGKILL");
  process.exit(0);
});
process.on("disconnect", () => {
  running.stream.kill("SIGKILL");
  process.exit(0);
});
process.send?.("ready");
