import { spawn } from "node:child_process";
import { WebSocketServer } from "ws";

/** Relays cameras the usual way: `ffmpeg -c copy` to fragmented MP4 for each, sent on to viewers: `<port> <address>…`. */
const [port = "", ...addresses] = process.argv.slice(2);
const server = new WebSocketServer({ port: Number(port), host: "127.0.0.1", perMessageDeflate: false });

const children = addresses.map((address, at) => {
  const input = ["-rtsp_transport", "tcp", "-analyzeduration", "200000", "-probesize", "200000", "-i", address];
  const output = ["-an", "-c", "copy", "-f", "mp4", "-frag_duration", "200000"];
  const flags = ["-movflags", "empty_moov+default_base_moof+frag_keyframe", "pipe:1"];
  const child = spawn("ffmpeg", ["-hide_banner", "-loglevel", "error", ...input, ...output, ...flags], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  child.stdout.on("data", (chunk: Buffer) => {
    for (const viewer of viewers.get(at) ?? []) viewer.send(chunk);
  });
  return child;
});

const viewers = new Map<number, Set<{ send(bytes: Uint8Array): void }>>();
server.on("connection", (socket, request) => {
  const at = Number((request.url ?? "/0").slice(1));
  const all = viewers.get(at) ?? new Set();
  viewers.set(at, all.add(socket));
  socket.on("error", () => undefined);
  socket.on("close", () => all.delete(socket));
});

const leave = (): void => {
  for (const child of children) child.kill("SIGKILL");
  process.exit(0);
};
process.on("message", leave);
process.on("disconnect", leave);
server.on("listening", () => process.send?.("ready"));
