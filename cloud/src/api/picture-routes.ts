import { createHash } from "node:crypto";
import {
  alertPathSchema,
  largestPictureBytes,
  mostPictures,
  picturePathSchema,
  pictureQuerySchema,
  pictureTakenSchema,
  pictureTypes,
} from "@mingcheng/protocols/api";
import { addPicture, findPicture } from "../alerts/pictures.ts";
import type { AlertActRoutePorts } from "./alert-act-routes.ts";
import { ApiFailure } from "./api-failure.ts";
import { type ApiRoute, defineRoute, everyRole, whoOf } from "./api-route.ts";

const startsWith = (content: Buffer, at: number, bytes: string): boolean =>
  content.subarray(at, at + bytes.length).toString("latin1") === bytes;

/** What the first bytes say the picture is: JFIF/EXIF, PNG specification 5.2, WebP container. */
const typeOf = (content: Buffer): string | undefined => {
  if (startsWith(content, 0, "\xff\xd8\xff")) return "image/jpeg";
  if (startsWith(content, 0, "\x89PNG\r\n\x1a\n")) return "image/png";
  return startsWith(content, 0, "RIFF") && startsWith(content, 8, "WEBP") ? "image/webp" : undefined;
};

const refuse = (message: string, field: string): ApiFailure => new ApiFailure("INPUT_INVALID", message, { field });

/** The picture in a request. @throws {ApiFailure} INPUT_INVALID when it is none, or not the one of this digest */
const pictureOf = (body: unknown, sha256: string): { readonly type: string; readonly content: Buffer } => {
  if (!Buffer.isBuffer(body)) throw refuse(`a picture is needed: ${pictureTypes.join(", ")}`, "body");
  const type = typeOf(body);
  if (type === undefined) throw refuse(`a picture is needed: ${pictureTypes.join(", ")}`, "body");
  const digest = createHash("sha256").update(body).digest("hex");
  if (digest !== sha256) throw refuse("the picture arrived changed: its digest is another", "query.sha256");
  return { type, content: body };
};

/** Pictures as evidence of what somebody found on the spot. */
export const pictureRoutes = (ports: AlertActRoutePorts): ApiRoute[] => [
  defineRoute({
    method: "POST",
    path: "/api/v1/alerts/:id/pictures",
    summary: {
      zh: "上传现场照片作为证据，重复上传只留一份",
      en: "Add a picture as evidence; sent twice, it is kept once",
    },
    access: ["operator", "inspector", "centre", "administrator"],
    scope: "area",
    perMinute: 120,
    params: alertPathSchema,
    query: pictureQuerySchema,
    upload: { types: pictureTypes, maxBytes: largestPictureBytes },
    answer: pictureTakenSchema,
    handle: (call) => {
      const { params, query, cover, request } = call;
      const { sha256, takenAt } = query;
      if (ports.reader.alert(params.id, cover) === undefined) {
        throw new ApiFailure("NOT_FOUND", "there is no such alert", { field: "id" });
      }
      const { type, content } = pictureOf(request.body, sha256);
      const by = whoOf(call);
      const times = { takenMs: Date.parse(takenAt), receivedMs: ports.nowMs() };
      const picture = { alert: params.id, sha256, type, ...times, actor: by.actor, content };
      const added = addPicture(ports.alertsForWriting(), picture, mostPictures);
      if (added.outcome === "full") throw refuse(`an alert has ${mostPictures} pictures at most`, "id");
      if (added.outcome === "done") {
        const detail = { act: "picture", sha256, bytes: content.byteLength };
        ports.audit.append({ ...by, action: "alert.decided", subject: `alert:${params.id}`, detail });
        ports.onAlertsChanged();
      }
      return { outcome: added.outcome, sha256, receivedAt: new Date(added.receivedMs).toISOString() };
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/alerts/:id/pictures/:sha256",
    summary: { zh: "预警的一张证据照片", en: "One picture of an alert, as it was sent" },
    access: everyRole,
    scope: "area",
    params: picturePathSchema,
    answer: "file",
    handle: ({ params, cover, reply }) => {
      const { id, sha256 } = params;
      const found =
        ports.reader.alert(id, cover) === undefined ? undefined : findPicture(ports.alertsForWriting(), id, sha256);
      if (found === undefined) throw new ApiFailure("NOT_FOUND", "there is no such picture", { field: "sha256" });
      void reply.header("content-type", found.type).header("cache-control", "no-store").send(found.content);
    },
  }),
];
