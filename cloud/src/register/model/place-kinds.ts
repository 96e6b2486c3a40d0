import { code, oneOf, text } from "./column.ts";
import { column, optional, type RegisterKind } from "./register-kind.ts";
import { shape } from "./shape.ts";

/** Levels of the area tree, the widest first. */
export const areaLevels = ["city", "district", "station", "grid", "cell"] as const;

const rankOf = (expression: string): string =>
  `CASE ${expression} ${areaLevels.map((level, rank) => `WHEN '${level}' THEN ${rank}`).join(" ")} END`;

/** The area tree: city, district, station, grid, and cell below it where a city needs five levels. */
export const areas: RegisterKind = {
  kind: "areas",
  table: "area",
  title: { zh: "辖区", en: "areas" },
  key: ["code"],
  columns: [
    column("code", "编号", code, "辖区编号，全市唯一", "the area's code, unique in the city"),
    column("name", "名称", text(80), "名称", "name"),
    optional("name_en", "英文名称", text(80), "英文名称", "name in English"),
    column("level", "级别", oneOf(...areaLevels), "市、区县、所站、网格、小网格", "its level in the tree"),
    optional("parent", "上级", code, "上级辖区编号；市没有上级", "code of the area above; a city has none"),
  ],
  references: [{ columns: ["parent"], to: "areas" }],
  rules: [
    {
      column: "parent",
      brokenWhen: "(m.level = 'city') <> (m.parent = '')",
      text: { zh: "市没有上级，其他级别必须有上级", en: "a city has no area above, every other level has one" },
    },
    {
      column: "parent",
      brokenWhen: `m.parent <> '' AND EXISTS (SELECT 1 FROM area p WHERE p.code = m.parent AND p.until_change IS NULL
        AND p.valid_from < m.valid_to AND m.valid_from < p.valid_to AND ${rankOf("p.level")} >= ${rankOf("m.level")})
        OR EXISTS (SELECT 1 FROM area c WHERE c.parent = m.code AND c.until_change IS NULL
        AND c.valid_from < m.valid_to AND m.valid_from < c.valid_to AND ${rankOf("c.level")} <= ${rankOf("m.level")})`,
      text: { zh: "上级辖区的级别必须更高", en: "the area above must be of a wider level" },
    },
  ],
};

/** What a site is. */
export const siteTypes = [
  ...["market", "wholesale-market", "supermarket", "canteen", "kitchen", "workshop", "warehouse", "laboratory"],
] as const;

/** Markets, canteens, kitchens and other places under supervision. */
export const sites: RegisterKind = {
  kind: "sites",
  table: "site",
  title: { zh: "场所", en: "sites" },
  key: ["code"],
  columns: [
    column("code", "编号", code, "场所编号，全市唯一", "the site's code, unique in the city"),
    column("name", "名称", text(80), "名称", "name"),
    optional("name_en", "英文名称", text(80), "英文名称", "name in English"),
    column("type", "类型", oneOf(...siteTypes), "场所类型", "what it is"),
    column("area", "辖区", code, "所属辖区编号，通常为网格", "code of its area, usually a grid"),
    optional("calendar", "日历", code, "营业时间所用日历", "calendar of its hours"),
    optional("address", "地址", text(200), "地址", "address"),
  ],
  references: [
    { columns: ["area"], to: "areas" },
    { columns: ["calendar"], to: "calendars" },
  ],
  rules: [],
};

/** Stalls of sites. A stall keeps its code when its vendor changes. */
export const stalls: RegisterKind = {
  kind: "stalls",
  table: "stall",
  title: { zh: "摊位", en: "stalls" },
  key: ["code"],
  columns: [
    column("code", "编号", code, "摊位编号，全市唯一", "the stall's code, unique in the city"),
    column("site", "场所", code, "所在场所编号", "code of its site"),
    column("label", "摊位号", text(40), "现场标牌上的摊位号", "what is written on the stall"),
    optional("trade", "经营类别", text(40), "经营类别", "what is sold there"),
  ],
  references: [{ columns: ["site"], to: "sites" }],
  rules: [],
};

/** What has a shape. */
export const shapedPlaces = ["area", "site", "stall"] as const;

/**
 * Where areas, sites and stalls are drawn. Areas and sites share one system of coordinates, any two for which x is to the right
 * and y upwards; the stalls of a site have their own, as on a floor plan.
 */
export const geometries: RegisterKind = {
  kind: "geometries",
  table: "geometry",
  title: { zh: "图形", en: "geometries" },
  key: ["place", "code"],
  columns: [
    column("place", "对象", oneOf(...shapedPlaces), "辖区、场所或摊位", "an area, a site or a stall"),
    column("code", "编号", code, "对象的编号", "its code"),
    column("shape", "图形", shape, "GeoJSON 几何", "a GeoJSON geometry"),
  ],
  references: [],
  rules: [
    {
      column: "code",
      brokenWhen: shapedPlaces
        .map(
          (place) =>
            `(m.place = '${place}' AND NOT EXISTS (SELECT 1 FROM ${place} p WHERE p.code = m.code AND p.until_change IS NULL))`,
        )
        .join(" OR "),
      text: { zh: "没有登记这个编号的辖区、场所或摊位", en: "there is no area, site or stall with this code" },
    },
  ],
};
