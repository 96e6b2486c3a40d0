import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import { builtModule } from "./repository.ts";
import { until } from "./until.ts";

/** Time as a gateway tells it. */
export interface BoxClock {
  /** The gateway's wall clock minus the system's. */
  readonly aheadMs: number;
  readonly sync: "ntp" | "receipt" | "rtc" | "none";
  readonly errMs: number | null;
}

/** How a box is started besides its cameras. */
export interface BoxManner {
  /** Added to the environment of its process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly clock?: BoxClock;
}

/** What the camera process told. */
export interface BoxState {
  readonly channel: string;
  readonly state: string;
  readonly previous: string;
  readonly reason: string;
}

/** A record that it wanted stored. */
export interface BoxRecord {
  readonly channel: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The gateway's camera process by itself, with this process in the gateway's place. */
export interface CameraBox {
  readonly pid: number;
  /** Every change of a camera's state so far. */
  readonly states: readonly BoxState[];
  /** Everything that it wanted to be logged. */
  readonly log: readonly string[];
  /** Every record that it wanted stored so far, besides those of states. */
  readonly records: readonly BoxRecord[];
  readonly dataDirectory: string;
  /** Alarms that stand: code and detail. */
  readonly alarms: ReadonlyMap<string, string>;
  /** Tells it the time anew, as a gateway does every ten seconds. */
  tellClock(clock: BoxClock): void;
  /** Begins to watch on the spot, in a quality (`main`); or its recording, from when and how fast. */
  watch(channel: string, asked?: Asked): Promise<BoxViewer>;
  close(): Promise<void>;
}

/** What a viewer asks for. */
export type Asked = Readonly<Record<string, unknown>> & { readonly quality?: string };

/** A viewer that counts. */
export interface BoxViewer {
  readonly socket: WebSocket;
  /** Codec and size, as each beginning said. */
  readonly begins: readonly { readonly codec: string; readonly widthPx: number; readonly heightPx: number }[];
  fragments(): number;
  sounds(): number;
  /** Key frames as JPEG. */
  pictures(): number;
  bytes(): number;
  /** What else it was told, in order: timelines, gaps, ends. */
  readonly told: readonly Readonly<Record<string, unknown>>[];
  /** When each fragment's first picture was taken. */
  readonly takenMs: readonly number[];
  /** State that the tile was told last. */
  state(): string;
  close(): void;
}

/** How a channel is configured; `user: null` unless it says otherwise. */
export type BoxChannel = Readonly<Record<string, unknown>> & { readonly id: string; readonly address: string };

interface Said extends BoxState {
  readonly type: string;
  readonly id?: number;
  readonly viewPort?: number;
  readonly text?: string;
  readonly code?: string;
  readonly detail?: unknown;
}

const tokenOf = async (port: number, channel: string, quality: string): Promise<string> => {
  const answer = await fetch(`http://127.0.0.1:${port}/cameras/tokens`, {
    method: "POST",
    headers: { "content-type": "application/json", cookie: `mingcheng-setup=${"a".repeat(43)}` },
    body: JSON.stringify({ channel, quality, why: "test" }),
  });
  if (!answer.ok) throw new Error(`no token: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { readonly token: string }).token;
};

const openViewer = async (
  port: number,
  channel: string,
  { quality = "main", ...played }: Asked,
): Promise<BoxViewer> => {
  const token = await tokenOf(port, channel, quality);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/media/watch`, { perMessageDeflate: false });
  const begins: { codec: string; widthPx: number; heightPx: number }[] = [];
  const counts = { fragments: 0, sounds: 0, pictures: 0, bytes: 0, state: "" };
  const told: Record<string, unknown>[] = [];
  const takenMs: number[] = [];
  socket.on("error", () => undefined);
  socket.on("message", (data, isBinary) => {
    const bytes = data as Buffer;
    if (isBinary) {
      counts.bytes += bytes.length;
      if (bytes[0] === 2) {
        counts.fragments++;
        takenMs.push(bytes.readDoubleBE(4));
      }
      if (bytes[0] === 3 || bytes[0] === 4) counts.sounds++;
      if (bytes[0] === 5) counts.pictures++;
      return;
    }
    const message = JSON.parse(bytes.toString("utf8")) as { type: string; state?: string } & (typeof begins)[number];
    if (message.type === "begin") begins.push(message);
    if (message.type === "state") counts.state = message.state ?? "";
    if (!["state", "begin"].includes(message.type)) told.push(message);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve());
    socket.once("error", reject);
  });
  socket.send(JSON.stringify({ type: "watch", tile: 0, token, ...played }));
  return {
    ...{ socket, begins, told, takenMs },
    fragments: () => counts.fragments,
    sounds: () => counts.sounds,
    pictures: () => counts.pictures,
    bytes: () => counts.bytes,
    state: () => counts.state,
    close: () => socket.terminate(),
  };
};

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    child.once("exit", () => resolve());
  });

/** Starts it with cameras; whoever asks may watch. `keeping`: what else `cameras` of a gateway's configuration says. */
export const openCameraBox = async (
  cameras: readonly BoxChannel[],
  keeping: Readonly<Record<string, unknown>> = {},
  { env = {}, clock = { aheadMs: 0, sync: "ntp", errMs: 10 } }: BoxManner = {},
): Promise<CameraBox> => {
  const dataDirectory = mkdtempSync(join(tmpdir(), "mingcheng-cameras-"));
  const child = fork(builtModule("gateway/dist/camera/camera-process-entry.js"), [], {
    execArgv: ["--max-old-space-size=128", "--max-semi-space-size=4"],
    env: { ...process.env, ...env },
    serialization: "advanced",
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const states: BoxState[] = [];
  const log: string[] = [];
  const records: BoxRecord[] = [];
  const alarms = new Map<string, string>();
  let viewPort: number | undefined;
  child.on("message", (message: Said) => {
    if (message.type === "ready") ({ viewPort } = message);
    if (message.type === "state") states.push(message);
    if (message.type === "log") log.push(`${message.text} ${JSON.stringify(message.detail)}`);
    if (message.type === "refused") log.push(JSON.stringify(message));
    if (message.type === "alarm" && message.detail === null) alarms.delete(message.code ?? "");
    else if (message.type === "alarm") alarms.set(message.code ?? "", String(message.detail));
    if (message.type === "session") child.send({ type: "session", id: message.id, holds: true });
    if (message.type === "record") {
      records.push(message as unknown as BoxRecord);
      child.send({ type: "stored", id: message.id, ok: true });
    }
  });
  const channels = cameras.map((camera) => ({
    ...{ zone: "cooking", user: null, transport: "tcp", insecureTransport: true, sound: false },
    ...{ record: true, devices: [], uplink: "video" },
    ...camera,
  }));
  const config = {
    ...{ subnets: ["127.0.0.0/8"], view: { host: "127.0.0.1", port: 0 }, memoryMiB: 128, channels },
    ...{ watch: { always: false, measureSeconds: 10 }, stills: { days: 1, maxMiB: 64 }, ...keeping },
  };
  child.send({
    type: "start",
    gw: "box",
    dataDirectory,
    config,
    names: [],
    clock,
  });
  const close = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended(child);
    rmSync(dataDirectory, { recursive: true, force: true });
  };
  try {
    const waiting = { what: "the camera process runs", withinMs: 20_000, detail: () => log.join("\n") };
    const port = await until(() => viewPort, waiting);
    return {
      ...{ pid: child.pid ?? 0, states, log, records, alarms, dataDirectory, close },
      tellClock: (told) => void child.send({ type: "clock", clock: told }),
      watch: (channel, asked = {}) => openViewer(port, channel, asked),
    };
  } catch (error) {
    await close();
    throw error;
  }
};
