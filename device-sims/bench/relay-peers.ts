import { type ChildProcess, fork, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import type { SimulatedCamera } from "../src/cameras/simulated-camera.ts";
import { builtModule } from "../src/harness/repository.ts";
import { until } from "../src/harness/until.ts";

/** A relay that runs: one or more processes below `pid`s, and the octets that came out of it. */
export interface RunningRelay {
  readonly pids: readonly number[];
  bytes(): number;
  stop(): Promise<void>;
}

/** Starts to relay cameras, one viewer each. */
export type StartRelay = (cameras: readonly SimulatedCamera[]) => Promise<RunningRelay>;

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    child.once("exit", () => resolve());
  });

const killed = async (children: readonly ChildProcess[]): Promise<void> => {
  for (const child of children) child.kill("SIGKILL");
  await Promise.all(children.map(ended));
};

interface Said {
  readonly type: string;
  readonly id?: number;
  readonly viewPort?: number;
}

const tokenOf = async (port: number, channel: string): Promise<string> => {
  const answer = await fetch(`http://127.0.0.1:${port}/cameras/tokens`, {
    method: "POST",
    headers: { "content-type": "application/json", cookie: `mingcheng-setup=${"a".repeat(43)}` },
    body: JSON.stringify({ channel, quality: "main", why: "bench" }),
  });
  return ((await answer.json()) as { readonly token: string }).token;
};

/** The gateway's own camera process, with a viewer on the spot for each camera. */
export const startOurs: StartRelay = async (cameras) => {
  const dataDirectory = mkdtempSync(join(tmpdir(), "mingcheng-relay-"));
  const child = fork(builtModule("gateway/dist/camera/camera-process-entry.js"), [], {
    execArgv: ["--max-old-space-size=128", "--max-semi-space-size=4"],
    serialization: "advanced",
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  let viewPort: number | undefined;
  child.on("message", (message: Said) => {
    if (message.type === "ready") ({ viewPort } = message);
    // Who may watch is not what is measured.
    if (message.type === "session") child.send({ type: "session", id: message.id, holds: true });
  });
  const channels = cameras.map(({ address }, at) => ({
    ...{ id: `camera-${at}`, zone: "cooking", address, user: null },
    ...{ transport: "tcp", insecureTransport: true, sound: false },
  }));
  const config = { subnets: ["127.0.0.0/8"], view: { host: "127.0.0.1", port: 0 }, memoryMiB: 128, channels };
  child.send({ type: "start", gw: "bench", dataDirectory, config, names: [], aheadMs: 0 });
  const port = await until(() => viewPort, { what: "the camera process runs", withinMs: 20_000 });
  let bytes = 0;
  const sockets: WebSocket[] = [];
  for (const { id } of channels) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/media/watch`, { perMessageDeflate: false });
    sockets.push(socket);
    const token = await tokenOf(port, id);
    const watch = (): void => socket.send(JSON.stringify({ type: "watch", tile: 0, token }));
    if (socket.readyState === WebSocket.OPEN) watch();
    else socket.once("open", watch);
    socket.on("message", (data, isBinary) => {
      if (isBinary) bytes += (data as Buffer).length;
    });
  }
  return {
    pids: [child.pid ?? 0],
    bytes: () => bytes,
    stop: async () => {
      for (const socket of sockets) socket.terminate();
      await killed([child]);
      rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
};

/** `ffmpeg -c copy` to fragmented MP4 that nobody is sent: one process a camera, read by us. */
export const startBareCopy: StartRelay = async (cameras) => {
  let bytes = 0;
  const children = cameras.map(({ address }) => {
    const input = ["-rtsp_transport", "tcp", "-analyzeduration", "200000", "-probesize", "200000", "-i", address];
    const output = ["-an", "-c", "copy", "-f", "mp4", "-frag_duration", "200000"];
    const flags = ["-movflags", "empty_moov+default_base_moof+frag_keyframe", "pipe:1"];
    const child = spawn("ffmpeg", ["-hide_banner", "-loglevel", "error", ...input, ...output, ...flags], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    child.stdout.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    return child;
  });
  return { pids: children.map(({ pid }) => pid ?? 0), bytes: () => bytes, stop: () => killed(children) };
};

const entry = (name: string): string => fileURLToPath(new URL(`./${name}.js`, import.meta.url));

const freePort = (at: number): number =>
  20_000 + ((process.pid * 7 + at * 101 + Math.floor(performance.now())) % 20_000);

const readyOf = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    child.once("message", () => resolve());
    child.once("exit", (code) => reject(new Error(`a relay ended with ${code}`)));
  });

/** Asked to end what they started, then ended. */
const stopped = async (children: readonly ChildProcess[]): Promise<void> => {
  for (const child of children) if (child.connected) child.send("stop");
  await Promise.all(children.map(ended));
};

/** `ffmpeg -c copy` to fragmented MP4, sent on over WebSocket by one Node process, with a viewer for each camera. */
export const startCopy: StartRelay = async (cameras) => {
  const port = freePort(0);
  const addresses = cameras.map(({ address }) => address);
  const child = fork(entry("relay-copy-entry"), [String(port), ...addresses], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  await readyOf(child);
  let bytes = 0;
  const sockets = cameras.map((_camera, at) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/${at}`, { perMessageDeflate: false });
    socket.on("error", () => undefined);
    socket.on("message", (data) => {
      bytes += (data as Buffer).length;
    });
    return socket;
  });
  return {
    pids: [child.pid ?? 0],
    bytes: () => bytes,
    stop: async () => {
      for (const socket of sockets) socket.terminate();
      await stopped([child]);
    },
  };
};

/** `node-rtsp-stream` as its README has it, with a viewer for each camera. */
export const startNodeRtspStream: StartRelay = async (cameras) => {
  let bytes = 0;
  const children: ChildProcess[] = [];
  const sockets: WebSocket[] = [];
  for (const [at, { address }] of cameras.entries()) {
    const port = freePort(at);
    const child = fork(entry("relay-node-rtsp-stream-entry"), [address, String(port)], {
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    children.push(child);
    await readyOf(child);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    sockets.push(socket);
    socket.on("error", () => undefined);
    socket.on("message", (data) => {
      bytes += (data as Buffer).length;
    });
  }
  return {
    pids: children.map(({ pid }) => pid ?? 0),
    bytes: () => bytes,
    stop: async () => {
      for (const socket of sockets) socket.terminate();
      await stopped(children);
    },
  };
};
