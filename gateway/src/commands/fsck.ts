import { stat } from "node:fs/promises";
import { join } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import type { Language } from "../config/config-issue.ts";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import { isDirectoryLocked } from "../outbox/directory-lock.ts";
import { systemCode } from "../outbox/disk-fault.ts";
import { nodeFiles } from "../outbox/node-files.ts";
import type {
  FileDamage,
  Leftover,
  OutboxReport,
  ReportedLine,
  ReportedLoss,
  SeqRange,
} from "../outbox/outbox-report.ts";
import { reportOf } from "../outbox/outbox-report.ts";
import { repairOutbox } from "../outbox/repair.ts";
import { type Survey, surveyOutbox } from "../outbox/survey.ts";

/** Options of `mingcheng-gateway fsck`. */
export interface FsckOptions {
  /** The gateway's data directory: the outbox is `outbox` in it. */
  readonly data: string;
  /** One JSON object instead of text. */
  readonly json?: boolean | undefined;
  /** Repair what can be repaired. Without it nothing is changed. */
  readonly repair?: boolean | undefined;
}

/** Where the command writes: one line, without its line feed. */
type WriteLine = (line: string) => void;

/** What `fsck --json` prints. */
export interface FsckAnswer extends OutboxReport {
  readonly outbox: string;
  /** A gateway runs on it: what it is just writing looks unfinished, and losses are not judged. */
  readonly inUse: boolean;
  readonly repaired: boolean;
  readonly intact: boolean;
}

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
/** A running gateway may free a segment between listing and reading. */
const attempts = 5;

const survey = async (dir: string): Promise<Survey> => {
  const options = { files: nodeFiles, crypto: nodeCrypto, dir, gw: undefined, verifyBytes: Infinity, log: silent };
  for (let attempt = 1; ; attempt++) {
    try {
      return await surveyOutbox(options);
    } catch (error) {
      if (systemCode(error) !== "ENOENT" || attempt === attempts) throw error;
    }
  }
};

const outboxIn = async (data: string): Promise<string> => {
  const dir = join(data, "outbox");
  try {
    if ((await stat(dir)).isDirectory()) return dir;
  } catch (cause) {
    throw new MingchengError("INPUT_INVALID", `${dir} cannot be read`, { field: "--data", cause });
  }
  throw new MingchengError("INPUT_INVALID", `${dir} is not a directory`, { field: "--data" });
};

/** While a gateway writes, the newest segment and the state file are of different moments. */
const asSeenInUse = (report: OutboxReport): OutboxReport => ({
  ...report,
  losses: [],
  leftovers: [],
  damage: report.damage.filter(({ kind }) => kind === "frames" || kind === "footer" || kind === "unreadable"),
});

/**
 * Reads an outbox, verifying every byte, and says what is in it and what is wrong with it. Returns the exit code: 0
 * intact (or repaired), 1 damaged.
 * @throws {MingchengError} INPUT_INVALID naming `--data`; OUTBOX_FOREIGN; with `repair` OUTBOX_LOCKED
 * @throws the system's error when the disk fails
 */
export const runFsck = async (options: FsckOptions, language: Language, writeLine: WriteLine): Promise<number> => {
  const outbox = await outboxIn(options.data);
  const repaired = options.repair === true;
  const inUse = !repaired && (await isDirectoryLocked(outbox));
  const repairOptions = { files: nodeFiles, crypto: nodeCrypto, dir: outbox, gw: undefined, log: silent };
  const found = reportOf(
    repaired ? await repairOutbox({ ...repairOptions, verifyBytes: Infinity }) : await survey(outbox),
  );
  const report = inUse ? asSeenInUse(found) : found;
  const intact = report.damage.length === 0 && report.losses.length === 0;
  const answer: FsckAnswer = { outbox, inUse, repaired, intact, ...report };
  if (options.json === true) writeLine(JSON.stringify(answer));
  else for (const line of fsckLines(answer, language)) writeLine(line);
  // Broken hardware stays broken: a file that cannot be read at all is not repaired by writing others.
  const isMended = repaired && !report.damage.some(({ kind }) => kind === "unreadable");
  return intact || isMended ? 0 : 1;
};

type Pick = (zh: string, en: string) => string;

const rangeText = ([from, to]: SeqRange, pick: Pick): string => {
  if (to === null) return pick(`${from} 起（数目不明）`, `from ${from} on (how many is not known)`);
  return from === to ? String(from) : `${from}-${to}`;
};

const rangesText = (ranges: readonly SeqRange[], pick: Pick): string =>
  ranges.map((range) => rangeText(range, pick)).join(", ");

const lineText = (line: ReportedLine, pick: Pick): string => {
  const parts = [
    line.held.length > 0 ? pick("在盘 ", "held ") + rangesText(line.held, pick) : "",
    line.freed.length > 0 ? pick("已释放 ", "freed ") + rangesText(line.freed, pick) : "",
    line.lost.length > 0 ? pick("已丢失 ", "lost ") + rangesText(line.lost, pick) : "",
  ];
  return `  ${line.ep}.${line.eid}  ${parts.filter((part) => part !== "").join("; ")}`;
};

const damageText = ({ file, kind, from, to }: FileDamage, pick: Pick): string => {
  const said: Readonly<Record<FileDamage["kind"], string>> = {
    unreadable: pick("整个文件无法读取", "the file cannot be read at all"),
    frames: pick(`字节 ${from}-${to} 无法读取`, `bytes ${from}-${to} cannot be read`),
    footer: pick("结尾索引与内容不符", "the footer does not fit the contents"),
    header: pick("文件头损坏", "the header is damaged"),
    state: pick("状态文件损坏（另有副本）", "a state file is damaged (there is a copy)"),
    cut: pick(`文件在 ${from} 字节处被截断`, `the file is cut at byte ${from}`),
  };
  return `  ${file}  ${said[kind]}`;
};

const leftoverText = ({ file, kind }: Leftover, pick: Pick): string => {
  const said: Readonly<Record<Leftover["kind"], string>> = {
    torn: pick("最后一次写入未完成（未确认，不算丢失）", "the last write is unfinished (never acknowledged, no loss)"),
    temporary: pick("未写完的临时文件", "a temporary file that was not finished"),
    empty: pick("没有需要保留的记录", "holds no record that is still needed"),
  };
  return `  ${file}  ${said[kind]}`;
};

const nextStep = ({ intact, inUse, repaired, losses, damage }: FsckAnswer, pick: Pick): string => {
  if (damage.some(({ kind }) => kind === "unreadable")) {
    return pick(
      "下一步：存储卡有坏块，请备份数据目录并更换存储卡",
      "Next: the card has bad sectors; save the data directory and replace the card",
    );
  }
  if (repaired && !intact) {
    return losses.length === 0
      ? pick("已修复，没有记录丢失。下一步：启动网关", "Repaired, no record is lost. Next: start the gateway")
      : pick(
          "已修复。下一步：启动网关，它会用 gap 记录向中心说明丢失的范围",
          "Repaired. Next: start the gateway; it tells the centre by gap records what is lost",
        );
  }
  if (intact) {
    return inUse
      ? pick(
          "完好。网关正在运行；要检查丢失，请先停止网关",
          "Intact. The gateway runs; stop it to check for losses too",
        )
      : pick("完好，无需处理", "Intact, nothing to do");
  }
  return inUse
    ? pick(
        "下一步：停止网关后再次运行 fsck，查看确切的丢失范围",
        "Next: stop the gateway and run fsck again to see exactly what is lost",
      )
    : pick(
        "下一步：备份数据目录，然后直接启动网关（启动时自动修复并用 gap 记录说明损失），或运行 fsck --repair",
        "Next: save the data directory, then start the gateway (it repairs this by itself and names the losses by gap records) or run fsck --repair",
      );
};

/** The answer as text. */
const fsckLines = (answer: FsckAnswer, language: Language): string[] => {
  const pick: Pick = (zh, en) => (language === "zh" ? zh : en);
  const { outbox, gw, records, segments, bytes, lines, losses, unreported, damage, leftovers } = answer;
  const megabytes = (bytes / 1024 / 1024).toFixed(1);
  const section = (title: string, entries: readonly string[]): string[] =>
    entries.length === 0 ? [] : [title, ...entries];
  const lossText = ({ ep, eid, from, to }: ReportedLoss): string => `  ${ep}.${eid}  ${rangeText([from, to], pick)}`;
  return [
    `${pick("发件箱", "Outbox")} ${outbox}`,
    `${pick("网关", "Gateway")} ${gw ?? pick("（未知）", "(unknown)")}`,
    pick(
      `${records} 条记录，${segments} 个分段，${megabytes} MiB`,
      `${records} records, ${segments} segments, ${megabytes} MiB`,
    ),
    ...section(
      pick("线：", "Lines:"),
      lines.map((line) => lineText(line, pick)),
    ),
    ...section(
      pick("损坏：", "Damage:"),
      damage.map((item) => damageText(item, pick)),
    ),
    ...section(pick("丢失：", "Lost:"), losses.map(lossText)),
    ...section(
      pick("先前发现的丢失（下次启动时上报）：", "Lost, found earlier (the next start reports it):"),
      unreported.map(lossText),
    ),
    ...section(
      pick("残留（下次启动时清理）：", "Leftovers (the next start clears them):"),
      leftovers.map((item) => leftoverText(item, pick)),
    ),
    nextStep(answer, pick),
  ];
};
