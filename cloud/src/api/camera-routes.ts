import { randomBytes } from "node:crypto";
import { deviceIdPattern, gatewayIdPattern } from "@mingcheng/protocols";
import {
  apiAskedTimeSchema,
  cameraEventListSchema,
  cameraListSchema,
  cameraViewings,
  publicCameraListSchema,
  viewTokenSchema,
} from "@mingcheng/protocols/api";
import { type Showing, showings, type ViewTokens } from "@mingcheng/protocols/media";
import { z } from "zod";
import type { Audit } from "../audit/audit-event.ts";
import { type MediaAccess, viewTokensOf } from "../media/media-access.ts";
import { ViewingStore } from "../media/viewing-store.ts";
import type { PlaceFinder } from "../register/attribution/place-finder.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { Cover } from "../users/cover.ts";
import { ApiFailure } from "./api-failure.ts";
import { type ApiRoute, defineRoute, everyRole, sessionOf, whoOf } from "./api-route.ts";
import type { CentreReader } from "./centre-reader.ts";

/** What the routes about cameras work with. */
export interface CameraRoutePorts {
  /** A connection that may write. */
  readonly register: SqliteDatabase;
  readonly reader: CentreReader;
  readonly places: PlaceFinder;
  readonly audit: Audit;
  /** How viewers are let in; null: this centre has no video. */
  readonly media: MediaAccess | null;
  readonly nowMs: () => number;
}

const connectWithinMs = 60_000;
/** A view goes on with another token, for which role and area are looked at again. */
const viewMs = 10 * 60_000;
const publicPerMinute = 20;

const cameraSchema = {
  gw: z.string().regex(gatewayIdPattern),
  channel: z.string().regex(deviceIdPattern),
};
const tokenRequest = z.strictObject({
  ...cameraSchema,
  quality: z.enum(showings).default("sub"),
  why: z.string().trim().max(200).default(""),
});
const viewingRequest = z.strictObject({
  ...cameraSchema,
  viewing: z.enum(cameraViewings),
  note: z.string().max(200).default(""),
});
const eventsQuery = z.strictObject({
  from: apiAskedTimeSchema,
  until: apiAskedTimeSchema,
  limit: z.coerce.number().int().min(1).max(1_000).default(200),
});

interface Asked {
  readonly gw: string;
  readonly channel: string;
  readonly quality: Showing;
  readonly why: string;
}

/** Cameras: which there are, who may watch them, and tokens to watch with. */
export const cameraRoutes = (ports: CameraRoutePorts): ApiRoute[] => {
  const { register, reader, places, audit, media, nowMs } = ports;
  const store = new ViewingStore(register);
  const tokens: ViewTokens | null = media === null ? null : viewTokensOf(media);
  const issue = ({ gw, channel, quality, why }: Asked, person: string, isPublic: boolean) => {
    if (tokens === null || media === null) throw new ApiFailure("MEDIA_OFF", "");
    const times = { connectByMs: nowMs() + connectWithinMs, endsMs: nowMs() + viewMs };
    const claims = { v: 1 as const, id: randomBytes(12).toString("hex"), gw, channel, quality, person, isPublic, why };
    return { token: tokens.issue({ ...claims, ...times }), port: media.port, ...times };
  };
  const mustSee = (cover: Cover, gw: string, channel: string): void => {
    places.refresh();
    // What is not in somebody's area is not there for them.
    if (!places.sees(cover, gw, channel, nowMs())) throw new ApiFailure("NOT_FOUND", "there is no such camera");
  };
  const publicRoutes = [
    defineRoute({
      method: "GET",
      path: "/api/v1/public/cameras",
      summary: { zh: "公开的摄像机", en: "Cameras that anybody may watch" },
      access: "public",
      scope: "none",
      perMinute: publicPerMinute,
      answer: publicCameraListSchema,
      handle: () => {
        const shown = new Set(store.public().map(({ gw, channel }) => `${gw}/${channel}`));
        const { cameras } = reader.cameras(Cover.everything);
        return {
          cameras: cameras
            .filter(({ gw, channel }) => shown.has(`${gw}/${channel}`))
            .map(({ gw, channel, site }) => ({ gw, channel, site })),
        };
      },
    }),
    defineRoute({
      method: "POST",
      path: "/api/v1/public/cameras/view-tokens",
      summary: { zh: "公众观看摄像机的令牌", en: "A token with which anybody watches a public camera" },
      access: "public",
      scope: "none",
      perMinute: publicPerMinute,
      body: z.strictObject(cameraSchema),
      answer: viewTokenSchema,
      handle: ({ body: { gw, channel } }) => {
        if (store.of(gw, channel) !== "public") throw new ApiFailure("NOT_FOUND", "there is no such camera");
        return issue({ gw, channel, quality: "sub", why: "" }, "public", true);
      },
    }),
  ];
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/cameras",
      summary: { zh: "辖区内的摄像机", en: "Cameras in the user's areas" },
      access: everyRole,
      scope: "area",
      display: true,
      answer: cameraListSchema,
      handle: ({ cover }) => reader.cameras(cover),
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/cameras/:gw/:channel/events",
      summary: { zh: "摄像机及其录像的事件", en: "What happened to a camera and its recording" },
      access: everyRole,
      scope: "area",
      params: z.strictObject(cameraSchema),
      query: eventsQuery,
      answer: cameraEventListSchema,
      handle: ({ cover, params: { gw, channel }, query: { from, until, limit } }) => {
        mustSee(cover, gw, channel);
        const span = { gw, channel, fromMs: Date.parse(from), untilMs: Date.parse(until), limit };
        return { events: reader.cameraEvents(span, cover) };
      },
    }),
    defineRoute({
      method: "POST",
      path: "/api/v1/cameras/view-tokens",
      summary: { zh: "观看摄像机的令牌", en: "A token to watch a camera with" },
      access: everyRole,
      scope: "area",
      display: true,
      body: tokenRequest,
      answer: viewTokenSchema,
      handle: (call) => {
        const { gw, channel } = call.body;
        mustSee(call.cover, gw, channel);
        if (store.of(gw, channel) === "off") throw new ApiFailure("VIEWING_OFF", "");
        return issue(call.body, sessionOf(call).user, false);
      },
    }),
    defineRoute({
      method: "POST",
      path: "/api/v1/cameras/viewing",
      summary: { zh: "更改谁可以观看：关闭、内部、公开", en: "Change who may watch: off, private, public" },
      access: ["inspector", "centre", "administrator"],
      scope: "area",
      body: viewingRequest,
      answer: viewingRequest,
      handle: (call) => {
        const { gw, channel, viewing, note } = call.body;
        mustSee(call.cover, gw, channel);
        const who = whoOf(call);
        register
          .transaction(() => {
            store.set({ gw, channel }, viewing, who.actor, note, nowMs());
            const detail = { viewing, note };
            audit.append({ ...who, action: "camera.viewing-changed", subject: `camera:${gw}/${channel}`, detail });
          })
          .immediate();
        return call.body;
      },
    }),
    ...publicRoutes,
  ];
};
