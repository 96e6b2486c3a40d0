import { sitePathSchema, siteViewSchema } from "@mingcheng/protocols/api";
import { ApiFailure } from "./api-failure.ts";
import { type ApiRoute, defineRoute, everyRole } from "./api-route.ts";
import type { CentreReader } from "./centre-reader.ts";

/** One site for somebody who stands in it. */
export const siteViewRoutes = ({ reader }: { readonly reader: CentreReader }): ApiRoute[] => [
  defineRoute({
    method: "GET",
    path: "/api/v1/sites/:code",
    summary: {
      zh: "一个场所：未结预警、设备状况、今日最近记录、摄像机",
      en: "One site: open alerts, its devices, the latest of today, cameras",
    },
    access: everyRole,
    scope: "area",
    params: sitePathSchema,
    answer: siteViewSchema,
    handle: ({ params, cover }) => {
      const view = reader.site(params.code, cover);
      if (view === undefined) throw new ApiFailure("NOT_FOUND", "there is no such site", { field: "code" });
      return view;
    },
  }),
];
