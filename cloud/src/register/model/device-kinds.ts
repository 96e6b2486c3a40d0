import { code, day, gatewayId, oneOf, text } from "./column.ts";
import { column, optional, type RegisterKind } from "./register-kind.ts";

const gw = column("gw", "网关", gatewayId, "网关编号", "id of the gateway");
const dev = column("dev", "设备", code, "网关内的设备编号", "id of the device within its gateway");

/** What a device is. */
export const deviceClasses = ["scale", "tester", "camera", "printer", "sensor", "gateway"] as const;

/** Devices behind gateways, as assets. */
export const devices: RegisterKind = {
  kind: "devices",
  table: "device",
  title: { zh: "设备", en: "devices" },
  key: ["gw", "dev"],
  columns: [
    gw,
    dev,
    column(
      "class",
      "类别",
      oneOf(...deviceClasses),
      "设备类别；网关自身的设备编号即网关编号",
      "what it is; a gateway itself has its own id as id of the device",
    ),
    optional("maker", "厂家", text(60), "厂家", "maker"),
    optional("model", "型号", text(60), "型号", "model"),
    optional("serial", "出厂编号", text(60), "出厂编号", "serial number"),
  ],
  references: [],
  rules: [],
};

/** Where devices stand: at a stall, or at a site as a whole. */
export const placements: RegisterKind = {
  kind: "placements",
  table: "placement",
  title: { zh: "设备位置", en: "placements of devices" },
  key: ["gw", "dev"],
  columns: [
    gw,
    dev,
    optional("stall", "摊位", code, "摊位编号；与场所二选一", "code of the stall; either this or the site"),
    optional("site", "场所", code, "场所编号，设备不属于任何摊位时填写", "code of the site, for a device of no stall"),
  ],
  references: [
    { columns: ["gw", "dev"], to: "devices" },
    { columns: ["stall"], to: "stalls" },
    { columns: ["site"], to: "sites" },
  ],
  rules: [
    {
      column: "stall",
      brokenWhen: "(m.stall = '') = (m.site = '')",
      text: { zh: "摊位和场所必须且只能填一个", en: "either a stall or a site is named, not both" },
    },
  ],
};

/** Compulsory verification of instruments: the present certificate and its last day. */
export const verifications: RegisterKind = {
  kind: "verifications",
  table: "verification",
  title: { zh: "检定", en: "verifications" },
  key: ["gw", "dev"],
  columns: [
    gw,
    dev,
    optional("certificate", "证书编号", text(60), "检定证书编号", "number of the certificate"),
    column("expires", "有效期至", day, "检定有效期的最后一天", "the last day on which it is valid"),
  ],
  references: [{ columns: ["gw", "dev"], to: "devices" }],
  rules: [],
};

/** Lots of reagents, and where they are in use. */
export const reagents: RegisterKind = {
  kind: "reagents",
  table: "reagent",
  title: { zh: "试剂批次", en: "lots of reagents" },
  key: ["lot"],
  columns: [
    column("lot", "批号", code, "试剂批号", "number of the lot"),
    optional("name", "名称", text(80), "试剂名称", "name of the reagent"),
    optional(
      "assay",
      "检测项目",
      code,
      "检测项目代码；空为该仪器的全部项目",
      "code of the assay; empty: all of the instrument",
    ),
    optional("gw", "网关", gatewayId, "使用该批试剂的仪器所在网关", "gateway of the instrument that uses it"),
    optional("dev", "设备", code, "使用该批试剂的仪器", "the instrument that uses it"),
    column("expires", "有效期至", day, "有效期的最后一天", "the last day on which it may be used"),
  ],
  references: [{ columns: ["gw", "dev"], to: "devices" }],
  rules: [
    {
      column: "dev",
      brokenWhen: "(m.gw = '') <> (m.dev = '')",
      text: { zh: "网关和设备要么都填，要么都不填", en: "gateway and device are named both or not at all" },
    },
  ],
};
