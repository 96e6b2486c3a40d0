import { eventsQuerySchema } from "@mingcheng/protocols/api";
import type { SessionBook } from "../users/session-book.ts";
import { ApiFailure } from "./api-failure.ts";
import { type ApiRoute, defineRoute, everyRole } from "./api-route.ts";
import type { EventHub } from "./events/event-hub.ts";
import type { EventSink } from "./events/event-stream.ts";
import { resumePoint } from "./events/event-text.ts";

/** What the route of live events works with. */
export interface EventsRoutePorts {
  readonly hub: EventHub;
  readonly sessions: SessionBook;
  readonly nowMs: () => number;
}

/** Live events as a stream that can be resumed. */
export const eventsRoute = ({ hub, sessions, nowMs }: EventsRoutePorts): ApiRoute =>
  defineRoute({
    method: "GET",
    path: "/api/v1/events",
    summary: { zh: "实时事件（SSE），可用 Last-Event-ID 续传", en: "Live events, resumable with Last-Event-ID" },
    access: everyRole,
    scope: "area",
    display: true,
    query: eventsQuerySchema,
    answer: "event-stream",
    handle: ({ query, request, reply, token }) => {
      const { raw } = reply;
      const sink: EventSink = {
        write: (text) => raw.write(text),
        unreadBytes: () => raw.writableLength,
        end: (hard) => (hard ? raw.destroy() : raw.end()),
      };
      const head = {
        ...reply.getHeaders(),
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        "x-accel-buffering": "no",
      };
      const session = token ?? "";
      const from = resumePoint(request.headers["last-event-id"]);
      const cover = () => sessions.find(session, nowMs())?.cover;
      // The head goes out with the first text of the stream; before it, the server can still answer with an error.
      const first: EventSink = {
        ...sink,
        write: (text) => {
          if (!raw.headersSent) raw.writeHead(200, head as Record<string, string>);
          sink.write(text);
        },
      };
      const stream = hub.open(first, { session, from, cover, wall: query.wall, withRecords: query.records === "all" });
      if (stream === undefined) throw new ApiFailure("RATE_LIMITED", "too many open streams", { retryAfterMs: 10_000 });
      reply.hijack();
      raw.on("drain", () => stream.drained());
      raw.on("close", () => stream.closed());
    },
  });
