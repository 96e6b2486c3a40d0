import type { OrderState } from "@mingcheng/protocols/commands";
import type { Order } from "../commanding/order.ts";
import { inLanguage } from "./language.ts";

const states: Readonly<Record<OrderState, readonly [zh: string, en: string]>> = {
  waiting: ["待发送", "waiting"],
  sent: ["已发送", "sent"],
  acknowledged: ["网关已保存", "acknowledged"],
  done: ["完成", "done"],
  failed: ["未成功", "failed"],
  refused: ["被拒绝", "refused"],
  expired: ["已过期", "expired"],
  unknown: ["结果不明", "unknown"],
};

const stateText = ({ state }: Order): string => inLanguage(...states[state]);

/** An order in one line for people. */
export const orderLine = (order: Order): string => {
  const { id, kind, reason, result } = order;
  const why = reason === null ? "" : `  ${reason}`;
  return `${id}  ${kind}  ${stateText(order)}${why}${result === "" ? "" : `  ${result}`}`;
};

const maxResultChars = 80;

/** Orders as rows for people, the newest first. */
export const orderRows = (orders: readonly Order[]): string[] => {
  const header = [
    ...["id", "cseq", inLanguage("命令", "kind"), inLanguage("状态", "state"), inLanguage("下达时间", "ordered")],
    ...[inLanguage("下达人", "by"), inLanguage("结果", "result")],
  ];
  const rows = orders.map((order) => {
    const { id, cseq, kind, by, reason, result } = order;
    const told = [reason ?? "", result].filter((part) => part !== "").join(" ");
    const shown = told.length > maxResultChars ? `${told.slice(0, maxResultChars)}…` : told;
    return [
      id,
      cseq === null ? "-" : String(cseq),
      kind,
      stateText(order),
      new Date(order.orderedMs).toISOString(),
      by,
      shown,
    ];
  });
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
};
