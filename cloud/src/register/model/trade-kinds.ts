import { code, decimal, oneOf, text } from "./column.ts";
import { column, optional, type RegisterKind } from "./register-kind.ts";

/** Those who sell. */
export const vendors: RegisterKind = {
  kind: "vendors",
  table: "vendor",
  title: { zh: "经营户", en: "vendors" },
  key: ["code"],
  columns: [
    column("code", "编号", code, "经营户编号，全市唯一", "the vendor's code, unique in the city"),
    column("name", "名称", text(80), "营业执照上的名称", "name on the licence"),
    optional("licence", "统一社会信用代码", code, "统一社会信用代码", "number of the licence"),
  ],
  references: [],
  rules: [],
};

/** Who sells at which stall. A stall has one vendor at a time. */
export const tenancies: RegisterKind = {
  kind: "tenancies",
  table: "tenancy",
  title: { zh: "摊位经营户", en: "tenancies" },
  key: ["stall"],
  columns: [
    column("stall", "摊位", code, "摊位编号", "code of the stall"),
    column("vendor", "经营户", code, "经营户编号", "code of the vendor"),
  ],
  references: [
    { columns: ["stall"], to: "stalls" },
    { columns: ["vendor"], to: "vendors" },
  ],
  rules: [],
};

/** Units in which items are sold. */
export const units: RegisterKind = {
  kind: "units",
  table: "unit",
  title: { zh: "计量单位", en: "units" },
  key: ["code"],
  columns: [
    column("code", "编号", code, "单位编号，如 kg、jin", "the unit's code, e.g. kg, jin"),
    column("name", "名称", text(20), "名称，如 公斤、斤", "name"),
    optional("name_en", "英文名称", text(40), "英文名称", "name in English"),
    column("dimension", "量纲", oneOf("mass", "count", "volume"), "质量、数量、体积", "what it measures"),
    optional("grams", "克", decimal, "质量单位等于多少克", "how many grams it is, for units of mass"),
  ],
  references: [],
  rules: [
    {
      column: "grams",
      brokenWhen: "(m.dimension = 'mass') <> (m.grams <> '')",
      text: { zh: "质量单位必须写明克数，其他单位不写", en: "a unit of mass says how many grams it is, others do not" },
    },
  ],
};

/** What is sold. A code that is given to something else later is another entry with a later validity. */
export const items: RegisterKind = {
  kind: "items",
  table: "item",
  title: { zh: "品种", en: "items" },
  key: ["code"],
  columns: [
    column("code", "编号", code, "品种编号或条码，全市唯一", "the item's code or barcode, unique in the city"),
    column("name", "名称", text(120), "名称", "name"),
    optional("name_en", "英文名称", text(120), "英文名称", "name in English"),
    optional("category", "类别", text(40), "类别", "category"),
    column("unit", "单位", code, "计量单位编号", "code of the unit it is sold in"),
  ],
  references: [{ columns: ["unit"], to: "units" }],
  rules: [],
};

/** Other names and codes of items: key numbers of the scales of one site, names that people use. */
export const itemCodes: RegisterKind = {
  kind: "item-codes",
  table: "item_code",
  title: { zh: "品种别名", en: "item codes and aliases" },
  key: ["site", "alias"],
  columns: [
    optional("site", "场所", code, "只在该场所有效；空为全市", "where it counts; empty for the whole city"),
    column("alias", "别名", text(120), "秤上的快捷码或俗名", "key number of a scale, or another name"),
    column("item", "品种", code, "品种编号", "code of the item"),
  ],
  references: [
    { columns: ["site"], to: "sites" },
    { columns: ["item"], to: "items" },
  ],
  rules: [],
};
