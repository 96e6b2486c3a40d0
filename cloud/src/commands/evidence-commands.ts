import { stat } from "node:fs/promises";
import { type EvidenceReport, MingchengError, type PinnedKeys, toHex } from "@mingcheng/protocols";
import type { Command } from "commander";
import { exportEvidence } from "../evidence/export-evidence.ts";
import { claimedGateway, readPinnedKeys } from "../evidence/pinned-keys.ts";
import { verifyEvidence } from "../evidence/verify-evidence.ts";
import { loadSigners } from "../keys/centre-keys.ts";
import { ledgerPath } from "../ledger/open-ledger.ts";
import type { RegisteredGateway } from "../register/gateway-register.ts";
import { gatewayWithKeys } from "../register/key-history.ts";
import { openRegister } from "../register/register-database.ts";
import { software } from "../software.ts";
import { openForReading } from "../store/database.ts";
import { type DataOptions, withDataOptions } from "./data-options.ts";
import { inLanguage } from "./language.ts";

type Say = (text: string) => void;

/** Progress of something that takes a while, on a terminal only, a few times a second. */
const progressLine = (text: (done: number, all: number) => string): ((done: number, all: number) => void) => {
  let shownMs = performance.now();
  return (done, all) => {
    if (!process.stderr.isTTY || performance.now() - shownMs < 250) return;
    shownMs = performance.now();
    process.stderr.write(`\r${text(done, all)}\u001b[K`);
  };
};

const endProgress = (): void => {
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
};

const gatewayOf = (dataDirectory: string, gw: string): RegisteredGateway => {
  const database = openRegister(dataDirectory);
  try {
    return gatewayWithKeys(database, dataDirectory, gw);
  } finally {
    database.close();
  }
};

const timeOf = (text: string | undefined, field: string): string | null => {
  if (text === undefined) return null;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) {
    throw new MingchengError("INPUT_INVALID", `${text}: a time is expected, e.g. 2026-11-24T08:00:00+08:00`, { field });
  }
  return new Date(ms).toISOString();
};

interface ExportOptions extends DataOptions {
  readonly gateway: string;
  readonly out: string;
  readonly from?: string;
  readonly to?: string;
}

const runExport = async (options: ExportOptions, say: Say): Promise<void> => {
  const gateway = gatewayOf(options.data, options.gateway);
  const { manifest } = await loadSigners(options.data);
  const database = openForReading(ledgerPath(options.data));
  const onProgress = progressLine((done, all) => `${done} / ${all}`);
  try {
    const { from, to } = { from: timeOf(options.from, "--from"), to: timeOf(options.to, "--to") };
    const revokedFrom = (kid: string) => gateway.keys.find((key) => key.kid === kid)?.revokedFrom ?? null;
    const request = { gateway, revokedFrom, from, to, out: options.out, software };
    const { records, spans, withheld } = await exportEvidence(database, manifest, request, {
      asOf: new Date().toISOString(),
      onProgress,
    });
    endProgress();
    say(
      inLanguage(
        `${options.out}：${records} 条记录，${spans} 段，仅有摘要 ${withheld} 条`,
        `${options.out}: ${records} records, ${spans} spans, ${withheld} by digest only`,
      ),
    );
  } finally {
    database.close();
  }
};

/** The keys of this very centre, for a file that it is asked about itself. */
const ownKeys = async (dataDirectory: string, path: string): Promise<PinnedKeys> => {
  const gw = await claimedGateway(path);
  const { manifest } = await loadSigners(dataDirectory);
  const newest = gw === undefined ? undefined : gatewayOf(dataDirectory, gw).keys.at(-1);
  if (newest === undefined) {
    throw new MingchengError("INPUT_INVALID", "no key of this gateway is known here; name a file of pinned keys", {
      field: "--keys",
    });
  }
  return { gateway: newest.publicKey, centre: manifest.publicKey };
};

const verdictOf = ({ ok, fault, manifest, records, withheld, seals }: EvidenceReport): string => {
  if (ok) {
    const [gw, asOf] = [manifest?.gw ?? "", manifest?.asOf ?? ""];
    return inLanguage(
      `通过：网关 ${gw}，截至 ${asOf}，${records} 条记录逐字节一致，${withheld} 条仅有摘要，${seals} 个封签`,
      `good: gateway ${gw}, as of ${asOf}, ${records} records exactly as captured, ${withheld} by digest only, ${seals} seals`,
    );
  }
  const { span, seq, reason } = fault ?? { span: null, seq: null, reason: { zh: "", en: "" } };
  const place =
    span === null
      ? inLanguage("清单或整个文件", "the manifest or the whole file")
      : inLanguage(`第 ${span} 段，序号 ${seq ?? "-"}`, `span ${span}, record ${seq ?? "-"}`);
  return inLanguage(`不通过：${place}：${reason.zh}`, `not good: ${place}: ${reason.en}`);
};

const runVerify = async (path: string, options: DataOptions & { keys?: string }, say: Say): Promise<number> => {
  let size: number;
  try {
    size = (await stat(path)).size;
  } catch (cause) {
    throw new MingchengError("INPUT_INVALID", `${path}: ${String(cause)}`, { field: "file", cause });
  }
  const pinned = options.keys === undefined ? await ownKeys(options.data, path) : await readPinnedKeys(options.keys);
  const onProgress = progressLine((done, all) => `${Math.floor((100 * done) / Math.max(1, all))} %`);
  let read = 0;
  const report = await verifyEvidence(path, pinned, {
    onRead: (bytes) => {
      read += bytes;
      onProgress(read, size);
    },
  });
  endProgress();
  say(verdictOf(report));
  return report.ok ? 0 : 1;
};

const runKeys = async (options: DataOptions & { gateway?: string; json?: boolean }, say: Say): Promise<void> => {
  const { receipt, command, manifest } = await loadSigners(options.data);
  const gateway = options.gateway === undefined ? undefined : gatewayOf(options.data, options.gateway).keys;
  if (options.json === true) {
    const newest = gateway?.at(-1);
    const pinned = newest === undefined ? {} : { gateway: toHex(newest.publicKey) };
    say(JSON.stringify({ ...pinned, centre: toHex(manifest.publicKey) }));
    return;
  }
  const row = (name: string, kid: string, key: Uint8Array) => say(`${name.padEnd(10)} ${kid}  ${toHex(key)}`);
  row("manifest", manifest.kid, manifest.publicKey);
  row("receipt", receipt.kid, receipt.publicKey);
  row("command", command.kid, command.publicKey);
  for (const { kid, publicKey } of gateway ?? []) row("gateway", kid, publicKey);
};

/** `export`, `verify`, `keys`. */
export const addEvidenceCommands = (program: Command, say: Say): void => {
  withDataOptions(program.command("export"))
    .description("导出一个网关的证据文件 / write the evidence of one gateway to a file")
    .requiredOption("--gateway <id>", "网关编号 / gateway id")
    .requiredOption("--out <file>", "输出文件 / where it goes")
    .option("--from <time>", "中心收到时间的下限 / received by the centre at or after")
    .option("--to <time>", "中心收到时间的上限 / received by the centre at or before")
    .action((options: ExportOptions) => runExport(options, say));
  withDataOptions(program.command("verify"))
    .description(
      "核验证据文件，通过为 0，不通过为 1；只需文件和公钥 / verify evidence, exit code 0 or 1; needs only the file and two public keys",
    )
    .argument("<file>", "证据文件 / evidence file")
    .option(
      "--keys <file>",
      "另行取得的公钥（keys --json 的输出） / public keys got by another way (output of keys --json)",
    )
    .action(async (path: string, options: DataOptions & { keys?: string }) => {
      process.exitCode = await runVerify(path, options, say);
    });
  withDataOptions(program.command("keys"))
    .description("显示公钥，供核验者另行保存 / show the public keys, for those who verify")
    .option("--gateway <id>", "同时显示该网关的公钥 / the gateway's keys, too")
    .option("--json", "以 JSON 输出，供 verify --keys 使用 / print JSON for verify --keys")
    .action((options: DataOptions & { gateway?: string; json?: boolean }) => runKeys(options, say));
};
