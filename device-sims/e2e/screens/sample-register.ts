import {
  type RegisterHistory,
  type RegisterKindList,
  type RegisterPage,
  registerHistorySchema,
  registerKindListSchema,
  registerPageSchema,
} from "@mingcheng/protocols/api";

const column = (name: string, zh: string, en: string, optional = false, names: string | null = null) => ({
  ...{ name, title: { zh, en }, optional, names },
  expected: { zh: "1 至 64 个字符", en: "1 to 64 characters" },
});

/** Two kinds of the register, one of them with many columns. */
export const sampleKinds = (): RegisterKindList =>
  registerKindListSchema.parse({
    kinds: [
      {
        ...{ kind: "sites", title: { zh: "场所", en: "sites" }, key: ["code"], entries: 3 },
        columns: [
          column("code", "场所编号", "site code"),
          column("name", "名称", "name"),
          column("type", "类型", "type"),
          column("area", "所属区域", "area", false, "areas"),
          column("address", "地址", "address", true),
        ],
      },
      {
        ...{ kind: "devices", title: { zh: "设备", en: "devices" }, key: ["gw", "dev"], entries: 250_360 },
        columns: [
          column("gw", "网关", "gateway"),
          column("dev", "设备编号", "device"),
          column("class", "类别", "class"),
          column("maker", "厂家", "maker", true),
          column("model", "型号", "model", true),
          column("serial", "出厂编号", "serial number", true),
          column("verified", "检定有效期", "verified until", true),
          column("seal", "铅封号", "seal", true),
        ],
      },
    ],
  });

const longName = "福建省厦门市衡器制造有限责任公司第二分公司";

/** Devices, one with a very long name of its maker. */
export const sampleDevices = (): RegisterPage =>
  registerPageSchema.parse({
    entries: [1, 2, 3].map((id) => ({
      ...{ id, from: "2026-03-01T00:00:00.000Z", to: null, since: 4, until: null },
      values: {
        ...{ gw: "market-songbai", dev: `scale-a0${id}`, class: "scale", maker: id === 2 ? longName : "上海大华" },
        ...{ model: "TM-15H", serial: `SN-88123${id}`, verified: "2027-03-01", seal: `QZ-000${id}` },
      },
    })),
    next: 3,
  });

/** What was said of one of them: a correction, and what it replaced. */
export const sampleHistory = (): RegisterHistory =>
  registerHistorySchema.parse({
    entries: [
      { ...sampleDevices().entries[0], id: 9, since: 2, until: 4, values: { gw: "market-songbai", dev: "scale-a10" } },
      sampleDevices().entries[0],
    ],
    changes: [
      { change: 2, at: "2026-03-01T01:00:00.000Z", by: "admin", source: "devices.csv", note: "首批导入" },
      { change: 4, at: "2026-03-02T01:00:00.000Z", by: "chen.jie", source: "api", note: "编号录错" },
    ],
  });
