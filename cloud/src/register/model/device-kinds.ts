import { code, gatewayId, oneOf, text } from "./column.ts";
import { column, optional, type RegisterKind } from "./register-kind.ts";

const gw = column("gw", "网关", gatewayId, "网关编号", "id of the gateway");
const dev = column("dev", "设备", code, "网关内的设备编号", "id of the device within its gateway");

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
      oneOf("scale", "tester", "camera", "printer", "sensor", "gateway"),
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
