import { join } from "node:path";
import { zoneClock } from "../../register/model/validity.ts";
import { registerMigrations } from "../../register/register-database.ts";
import { RegisterDesk } from "../../register/register-desk.ts";
import { openForWriting } from "../../store/database.ts";
import { type City, deviceClass } from "./city-records.ts";

type Values = Readonly<Record<string, string>>;
type Entry = { readonly kind: string; readonly values: Values };

const everyDay = "1234567";

const common: readonly Entry[] = [
  { kind: "areas", values: { code: "city", name: "示例市", level: "city" } },
  { kind: "areas", values: { code: "district", name: "示例区", level: "district", parent: "city" } },
  { kind: "areas", values: { code: "station", name: "示例所", level: "station", parent: "district" } },
  { kind: "calendars", values: { code: "market-hours", name: "营业时间" } },
  {
    kind: "hours",
    values: { calendar: "market-hours", purpose: "open", days: everyDay, start: "06:00", end: "19:00" },
  },
  { kind: "units", values: { code: "kg", name: "公斤", dimension: "mass", grams: "1000" } },
  ...Array.from({ length: 40 }, (_, item): Entry => {
    return {
      kind: "items",
      values: { code: String(1000 + item), name: item === 0 ? "韭菜" : `菜${item}`, unit: "kg" },
    };
  }),
  ...(["operator", "station", "district", "city"] as const).map((tier): Entry => {
    return { kind: "officers", values: { code: `o-${tier}`, name: `${tier} 值班` } };
  }),
  ...(["station", "district", "city"] as const).map((tier): Entry => {
    return { kind: "duties", values: { area: tier, tier, rank: "1", officer: `o-${tier}` } };
  }),
];

const siteOf = (gateway: number): readonly Entry[] => [
  {
    kind: "sites",
    values: {
      code: `site-${gateway}`,
      name: `市场 ${gateway}`,
      type: "market",
      area: "station",
      calendar: "market-hours",
    },
  },
  { kind: "duties", values: { site: `site-${gateway}`, tier: "operator", rank: "1", officer: "o-operator" } },
];

const deviceOf = (index: number, city: City): readonly Entry[] => {
  const gateway = Math.floor(index / city.devicesPerGateway);
  const [gw, dev, site] = [`gw-${gateway}`, `dev-${index}`, `site-${gateway}`];
  const kind = deviceClass(index, city);
  const device: Entry = { kind: "devices", values: { gw, dev, class: kind } };
  if (kind !== "scale") return [device, { kind: "placements", values: { gw, dev, site } }];
  const stall = `stall-${index}`;
  return [
    { kind: "stalls", values: { code: stall, site, label: `A${index}` } },
    device,
    { kind: "placements", values: { gw, dev, stall } },
  ];
};

/** Writes the register of a benchmark's city into an empty directory: where every device stands, who is on duty. */
export const fillRegister = (directory: string, city: City): void => {
  const database = openForWriting({ path: join(directory, "register.db"), migrations: registerMigrations });
  const desk = new RegisterDesk(database, zoneClock("Asia/Shanghai"));
  const origin = { by: "bench", source: "bench", note: "", atMs: 0 };
  const put = (entries: readonly Entry[]): void => {
    const { change, findings } = desk.change({ put: entries, withdraw: [], dryRun: false }, origin);
    if (change === null) throw new Error(JSON.stringify(findings[0] ?? null));
  };
  const gateways = Math.ceil(city.devices / city.devicesPerGateway);
  put([...common, ...Array.from({ length: gateways }, (_, gateway) => siteOf(gateway)).flat()]);
  for (let from = 0; from < city.devices; from += 2_000) {
    const count = Math.min(2_000, city.devices - from);
    put(Array.from({ length: count }, (_, offset) => deviceOf(from + offset, city)).flat());
  }
  database.close();
};
