import { type ChildProcess, fork, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import type { SimulatedCamera } from "../src/cameras/simulated-camera.ts";
import { openCameraBox } from "../src/harness/camera-box.ts";

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

/** As a gateway has it unless something else is configured: a picture of each camera is decoded so often, to judge it. */
const watch = { always: false, measureSeconds: 20 };

/** The gateway's own camera process, with a viewer on the spot for each camera; it judges their pictures meanwhile. */
export const startOurs: StartRelay = async (cameras) => {
  const channels = cameras.map(({ address }, at) => ({ id: `camera-${at}`, address }));
  const box = await openCameraBox(channels, { watch });
  const viewers = await Promise.all(channels.map(({ id }) => box.watch(id)));
  return {
    pids: [box.pid],
    bytes: () => viewers.reduce((sum, viewer) => sum + viewer.bytes(), 0),
    stop: () => box.close(),
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
