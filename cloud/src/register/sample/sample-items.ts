import { sampleSites } from "./sample-places.ts";
import type { SampleRows } from "./sample-rows.ts";

/** Units of mass, count and volume as markets use them; 1 jin is 500 g, 1 liang 50 g. */
export const sampleUnits = (): SampleRows => [
  ["bottle", "瓶", "bottle", "count", "", "", ""],
  ["g", "克", "gram", "mass", "1", "", ""],
  ["jin", "斤", "jin", "mass", "500", "", ""],
  ["kg", "公斤", "kilogram", "mass", "1000", "", ""],
  ["l", "升", "litre", "volume", "", "", ""],
  ["liang", "两", "liang", "mass", "50", "", ""],
  ["piece", "个", "piece", "count", "", "", ""],
];

const catalogue: Readonly<Record<string, readonly string[]>> = {
  蔬菜: [
    ...["韭菜", "空心菜", "菠菜", "芹菜", "上海青", "大白菜", "生菜", "油麦菜", "番茄", "黄瓜", "茄子", "豇豆"],
    ...["四季豆", "辣椒", "土豆", "胡萝卜", "白萝卜", "花菜", "西兰花", "包菜", "莲藕", "苦瓜", "丝瓜", "南瓜"],
  ],
  水果: ["苹果", "香蕉", "柑橘", "葡萄", "西瓜", "龙眼", "荔枝", "菠萝", "草莓", "芒果"],
  猪肉: ["五花肉", "里脊肉", "猪排骨", "猪前腿", "猪后腿", "猪肝"],
  水产: ["带鱼", "黄花鱼", "鲈鱼", "草鱼", "花蛤", "对虾", "海蛎", "章鱼"],
  禽蛋: ["鸡蛋", "鸭蛋", "鸡肉", "鸭肉"],
  豆制品: ["老豆腐", "嫩豆腐", "豆干", "豆皮", "油豆腐"],
};

interface Item {
  readonly code: string;
  readonly name: string;
  readonly category: string;
}

const allItems = (): Item[] =>
  Object.entries(catalogue).flatMap(([category, names], group) =>
    names.map((name, index) => ({ code: `${group + 1}${String(index + 1).padStart(3, "0")}`, name, category })),
  );

/** Item 1001 was given up and its code used again. */
const reused = "2026-04-01T00:00+08:00";

/** Items. */
export const sampleItems = (): SampleRows =>
  allItems().flatMap(({ code, name, category }): string[][] => {
    const unit = name.endsWith("蛋") ? "jin" : "kg";
    if (code !== "1001") return [[code, name, "", category, unit, "", ""]];
    return [
      [code, "本地韭黄", "", category, unit, "", reused],
      [code, name, "Chinese chives", category, unit, reused, ""],
    ];
  });

/** Names that people use, and key numbers of the scales of each market. */
export const sampleItemCodes = (): SampleRows => {
  const items = allItems();
  const named = (name: string): string => items.find((item) => item.name === name)?.code ?? "";
  const keys = sampleSites
    .filter(({ type }) => type === "market")
    .flatMap(({ code: site }, turn) =>
      items.slice(0, 24).map(({ code }, index) => [site, String(((index + turn * 5) % 24) + 1), code, "", ""]),
    );
  return [
    ...[
      ["", "西红柿", named("番茄"), "", ""],
      ["", "马铃薯", named("土豆"), "", ""],
      ["", "蕹菜", named("空心菜"), "", ""],
    ],
    ...keys,
  ];
};
