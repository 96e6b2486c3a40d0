import type { ServerResponse } from "node:http";
import type { SetupEvents } from "@mingcheng/protocols";

/** Pages open at once. */
const maxStreams = 6;
/** A page that reads so slowly misses unsettled values; beyond the second limit it is dropped and connects again. */
const slowBytes = 64 * 1024;
const lostBytes = 512 * 1024;

interface Stream {
  readonly response: ServerResponse;
  /** False once the session behind it has ended. */
  holds(): boolean;
}

/** Pages that watch (server-sent events). Bounded: whoever does not read does not cost memory. */
export class EventStreams {
  private readonly streams = new Set<Stream>();

  get count(): number {
    return this.streams.size;
  }

  /** Begins a stream; the oldest goes when there are too many. */
  open(response: ServerResponse, holds: () => boolean): void {
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store" });
    response.write("retry: 2000\n\n");
    const stream = { response, holds };
    response.on("close", () => this.streams.delete(stream));
    this.streams.add(stream);
    const [oldest] = this.streams;
    if (this.streams.size > maxStreams) oldest?.response.destroy();
  }

  /** Tells every page. Values may be left out for a slow one. */
  tell<Name extends keyof SetupEvents>(name: Name, data: SetupEvents[Name]): void {
    if (this.streams.size === 0) return;
    const text = `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
    for (const { response, ...stream } of this.streams) {
      const waiting = response.writableLength;
      if (!stream.holds() || waiting > lostBytes) response.destroy();
      else if (name !== "value" || waiting <= slowBytes) response.write(text);
    }
  }

  close(): void {
    for (const { response } of this.streams) response.destroy();
  }
}
