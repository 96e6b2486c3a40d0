import { createReadStream } from "node:fs";
import { join } from "node:path";
import type { UserRole } from "@mingcheng/protocols";
import { clipFilesSchema } from "@mingcheng/protocols/commands";
import { z } from "zod";
import type { Audit } from "../audit/audit-event.ts";
import { bundleOf } from "../commanding/bundle-shelf.ts";
import type { Order } from "../commanding/order.ts";
import { OrderStore } from "../commanding/order-store.ts";
import { clipAt, clipsFolder } from "../media/clip-files.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { ApiFailure } from "./api-failure.ts";
import { type ApiRoute, defineRoute, whoOf } from "./api-route.ts";
import { commandPathSchema, found } from "./command-routes.ts";

/** What the routes of evidence that cameras brought work with. */
export interface CameraFileRoutePorts {
  readonly register: SqliteDatabase;
  readonly audit: Audit;
  readonly dataDirectory: string;
}

/** The same who see what was ordered. */
const readers: readonly UserRole[] = ["centre", "administrator", "auditor"];

const filePathSchema = commandPathSchema.extend({ file: z.string().max(64) });

const missing = (): ApiFailure => new ApiFailure("NOT_FOUND", "it is not here (yet)");

/** What `camera-clip` and `camera-still` commands brought, for whoever may see what was ordered. Every fetch is in the audit log. */
export const cameraFileRoutes = ({ register, audit, dataDirectory }: CameraFileRoutePorts): ApiRoute[] => {
  const store = new OrderStore(register);
  const order = (gw: string, id: string, kind: string): Order => {
    const one = found(() => store.one(gw, id));
    if (one.kind !== kind) throw missing();
    return one;
  };
  const note = (call: Parameters<typeof whoOf>[0], { gw, id, kind, body }: Order, file: string): void => {
    const subject = `camera:${gw}/${String(body["device"])}`;
    audit.append({ ...whoOf(call), action: "camera.fetched", subject, detail: { kind, command: id, file } });
  };
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/gateways/:gw/commands/:command/clip",
      summary: { zh: "录像片段已送达的文件", en: "Files of a clip that have arrived, and whether they are all" },
      access: readers,
      scope: "centre",
      params: commandPathSchema,
      answer: clipFilesSchema,
      handle: ({ params: { gw, command } }) => clipAt(dataDirectory, order(gw, command, "camera-clip")),
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/gateways/:gw/commands/:command/clip/:file",
      summary: { zh: "录像片段的一个文件", en: "One file of a clip, as the gateway brought it" },
      access: readers,
      scope: "centre",
      params: filePathSchema,
      answer: "file",
      handle: async (call) => {
        const { gw, command, file } = call.params;
        const clip = order(gw, command, "camera-clip");
        const { files } = await clipAt(dataDirectory, clip);
        const wanted = files.find(({ name }) => name === file);
        if (wanted === undefined) throw missing();
        note(call, clip, file);
        void call.reply
          .header("content-type", file.endsWith(".mp4") ? "video/mp4" : "application/json")
          .header("content-disposition", `attachment; filename="${command}-${file}"`)
          .header("content-length", wanted.bytes)
          .header("cache-control", "no-store")
          .send(createReadStream(join(clipsFolder(dataDirectory), clip.id, file)));
      },
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/gateways/:gw/commands/:command/picture",
      summary: { zh: "camera-still 命令的照片", en: "The picture that a camera-still command brought" },
      access: readers,
      scope: "centre",
      params: commandPathSchema,
      answer: "file",
      handle: async (call) => {
        const { gw, command } = call.params;
        const still = order(gw, command, "camera-still");
        const content = await bundleOf(dataDirectory, still.id).catch(() => undefined);
        if (content === undefined) throw missing();
        note(call, still, "picture.jpg");
        void call.reply.header("content-type", "image/jpeg").header("cache-control", "no-store").send(content);
      },
    }),
  ];
};
