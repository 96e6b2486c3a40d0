import { WebSocket } from "ws";
import { authorityOf } from "../../src/harness/centre-api.ts";
import { gw, type Kitchen } from "./kitchen.ts";

/** A viewer at the centre, without a browser. */
export interface HubViewer {
  readonly socket: WebSocket;
  fragments(): number;
  /** Key frames as JPEG. */
  pictures(): number;
  /** When each fragment was taken; of the recording that is played now. */
  readonly takenMs: number[];
  /** What was said of a recording: timelines and gaps. */
  readonly told: readonly Readonly<Record<string, unknown>>[];
  /** Codes of refusals and ends. */
  readonly ends: readonly string[];
  /** When the last of them came, monotonic. */
  endedMs(): number;
  state(): string;
  /** Says with a token what it wants to see; `played`: its recording, from when and how fast. */
  ask(token: string, played?: Readonly<Record<string, unknown>>): void;
  /** Another moment of the recording, in the same tile. */
  seek(from: string, speed: number): void;
}

/** A token as the API gives it to the kitchen's administrator. */
export const viewToken = (
  kitchen: Kitchen,
  channel: string,
): Promise<{ readonly token: string; readonly port: number }> =>
  kitchen.api.post("/api/v1/cameras/view-tokens", { gw, channel, quality: "main", why: "test" });

/** Connects to the media door; its certificate is checked. */
export const connectViewer = async (kitchen: Kitchen, port: number): Promise<HubViewer> => {
  const socket = new WebSocket(`wss://127.0.0.1:${port}/media/watch`, { ca: authorityOf(kitchen.centre) });
  const ends: string[] = [];
  const told: Record<string, unknown>[] = [];
  const takenMs: number[] = [];
  const counts = { fragments: 0, pictures: 0, stream: 0, endedMs: 0, state: "" };
  socket.on("error", () => undefined);
  socket.on("message", (data, isBinary) => {
    const bytes = data as Buffer;
    if (isBinary) {
      if (bytes[0] === 5) counts.pictures++;
      // What still comes under the number of an earlier stream is thrown away, as a player does.
      if (bytes[0] !== 2 || bytes.readUInt16BE(2) !== counts.stream) return;
      counts.fragments++;
      takenMs.push(bytes.readDoubleBE(4));
      return;
    }
    const message = JSON.parse(bytes.toString("utf8")) as {
      type: string;
      code?: string;
      state?: string;
      stream?: number;
    };
    if (message.type === "watching") {
      counts.stream = message.stream ?? 0;
      takenMs.splice(0);
    }
    if (message.type === "state") counts.state = message.state ?? "";
    if (message.type === "timeline" || message.type === "gap") told.push(message);
    if (message.type !== "ended" && message.type !== "refused") return;
    ends.push(message.code ?? "");
    counts.endedMs = performance.now();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve());
    socket.once("error", reject);
  });
  return {
    ...{ socket, ends, told, takenMs },
    pictures: () => counts.pictures,
    fragments: () => counts.fragments,
    endedMs: () => counts.endedMs,
    state: () => counts.state,
    ask: (token, played) => socket.send(JSON.stringify({ type: "watch", tile: 0, token, ...played })),
    seek: (from, speed) => socket.send(JSON.stringify({ type: "seek", tile: 0, from, speed })),
  };
};
