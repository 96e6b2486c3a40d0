import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import type { MarketView } from "@mingcheng/protocols";
import { repositoryRoot } from "../../src/harness/repository.ts";

const pages = join(repositoryRoot, "gateway/dist/market-page");
const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};
/** As strict as the gateway's own. */
const policy =
  "default-src 'none';script-src 'self';style-src 'self';img-src 'self';connect-src 'self';media-src 'self' blob:;base-uri 'none';form-action 'none';frame-ancestors 'none'";

const itemOf = (
  item: string | null,
  counts: Partial<MarketView["totals"]>,
  minute: number,
): MarketView["items"][number] => ({
  ...{ item, tests: 0, positive: 0, suspect: 0, negative: 0, invalid: 0, none: 0 },
  ...{
    latestAt: `2026-11-25T${String(8 + (minute % 6)).padStart(2, "0")}:${String((minute * 7) % 60).padStart(2, "0")}:00.000+08:00`,
  },
  ...counts,
});

const names = "韭菜 豇豆 上海青 小白菜 芹菜 菠菜 生菜 油麦菜 空心菜 茼蒿 西兰花 娃娃菜 四季豆 荷兰豆 青椒 黄瓜".split(
  " ",
);

/** An ordinary morning in a market of 120 stalls. */
export const sampleMarket = (): MarketView => {
  const items = [
    itemOf("韭菜", { tests: 3, positive: 1, negative: 2 }, 4),
    itemOf("豇豆", { tests: 4, suspect: 1, negative: 3 }, 9),
    ...names.slice(2).map((name, index) => itemOf(name, { tests: 2, negative: 2 }, index)),
    itemOf(null, { tests: 1, invalid: 1 }, 3),
  ];
  const rows = Array.from({ length: 120 }, (_, index) => ({ row: Math.floor(index / 20), number: index % 20 }));
  return {
    ...{ build: "b1", at: "2026-11-25T14:05:10.000+08:00", day: "2026-11-25", clock: { trusted: true } },
    ...{ title: "松柏农贸市场", undated: 0, testers: { all: 1, online: 1 }, uplink: "down" },
    totals: { tests: 36, positive: 1, suspect: 1, negative: 33, invalid: 1, none: 0 },
    ...{ items, latest: [] },
    stalls: rows.map(({ row, number }) => ({
      label: `${"ABCDEF"[row] ?? ""}${String(number + 1).padStart(2, "0")}`,
      box: [(number % 10) * 30, row * 62 + Math.floor(number / 10) * 25, 30, 25] as const,
      trade: ["蔬菜", "水果", "猪肉", "水产", "禽蛋", "豆制品"][row] ?? null,
      scale: row === 2 && number < 3 ? ("away" as const) : ("online" as const),
    })),
    notices: [
      {
        zh: "本周六 13:00-15:00 停电检修，电子秤改用电池，交易不受影响。",
        en: "Power is off on Saturday from 13:00 to 15:00; scales run on batteries.",
        until: "2026-11-30T00:00:00+08:00",
      },
    ],
    cameras: [],
  };
};

/** A gateway made of one answer: the built page over plain HTTP on loopback. */
export class FixtureMarket {
  view: MarketView | null = sampleMarket();
  asked = 0;
  readonly #server = createServer((request, response) => {
    response.setHeader("content-security-policy", policy);
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    if (path === "/market/state") {
      this.asked++;
      if (this.view === null) request.socket.destroy();
      else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(this.view));
      return;
    }
    if (path.startsWith("/market/")) {
      response.writeHead(503, { "content-type": "application/json" }).end("{}");
      return;
    }
    const name = path === "/" ? "/market.html" : path;
    readFile(join(pages, name)).then(
      (content) => response.writeHead(200, { "content-type": types[extname(name)] ?? "" }).end(content),
      () => response.writeHead(404).end(),
    );
  });

  /** Listens on a free port and returns where. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
