import { mkdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { deviceIdPattern, MingchengError } from "@mingcheng/protocols";
import type { Command } from "commander";
import { auditOver, terminalActor } from "../audit/open-audit.ts";
import { type ExportResult, exportEvidence } from "../evidence/export-evidence.ts";
import type { Chosen, ExportRequest } from "../evidence/export-request.ts";
import { parseWithholdRule, type WithholdRule } from "../evidence/withhold-rule.ts";
import { loadSigners } from "../keys/centre-keys.ts";
import { AttributionIndex } from "../register/attribution/attribution-index.ts";
import { GatewayRegister, type RegisteredGateway } from "../register/gateway-register.ts";
import { gatewayWithKeys } from "../register/key-history.ts";
import { minuteOf } from "../register/model/validity.ts";
import { openRegister } from "../register/register-database.ts";
import { software } from "../software.ts";
import { openForReading, type SqliteDatabase } from "../store/database.ts";
import { ledgerPath } from "../store/store-paths.ts";
import { type DataOptions, withPresentData } from "./data-options.ts";
import { inLanguage } from "./language.ts";
import { progressLine } from "./progress-line.ts";

type Say = (text: string) => void;

interface ExportOptions extends DataOptions {
  readonly gateway?: string;
  readonly site?: string;
  readonly device: readonly string[];
  readonly out: string;
  readonly from?: string;
  readonly to?: string;
  readonly withhold: readonly string[];
}

const refuse = (field: string, message: string): never => {
  throw new MingchengError("INPUT_INVALID", message, { field });
};

const timeOf = (text: string | undefined, field: string): string | null => {
  if (text === undefined) return null;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return refuse(field, `${text}: a time is expected, e.g. 2026-11-24T08:00:00+08:00`);
  return new Date(ms).toISOString();
};

const boundsOf = ({ from, to }: ExportOptions): Pick<ExportRequest, "from" | "to"> => {
  const bounds = { from: timeOf(from, "--from"), to: timeOf(to, "--to") };
  const isOrdered = bounds.from === null || bounds.to === null || bounds.from <= bounds.to;
  return isOrdered ? bounds : refuse("--to", `${to}: it lies before --from`);
};

const isSiteOfRegister = (register: SqliteDatabase, code: string): boolean =>
  register.prepare("SELECT 1 FROM site WHERE code = ? LIMIT 1").get(code) !== undefined;

/** Which records of a gateway are asked for; null: all. */
const chooser = (register: SqliteDatabase, { device, site }: ExportOptions): ((gw: string) => Chosen | null) => {
  for (const dev of device) if (!deviceIdPattern.test(dev)) refuse("--device", `${dev}: this is no device id`);
  const devices = device.length === 0 ? null : device;
  if (site === undefined) return () => (devices === null ? null : { devices, site: null });
  if (!isSiteOfRegister(register, site)) refuse("--site", `${site}: the register has no such site`);
  const index = new AttributionIndex(register);
  return (gw) => ({
    devices,
    site: { code: site, siteOf: (dev, atMs) => index.attribute(gw, dev, minuteOf(atMs)).site },
  });
};

const gatewaysOf = (register: SqliteDatabase, { data, gateway, site }: ExportOptions): RegisteredGateway[] => {
  if (gateway !== undefined) return [gatewayWithKeys(register, data, gateway)];
  if (site === undefined) refuse("--gateway", "name a gateway, or a site");
  return new GatewayRegister(register).gateways().map(({ gw }) => gatewayWithKeys(register, data, gw));
};

/** What was misspelt, or simply is not there: a reader of the file should not learn it first. */
const idleText = ({ text }: WithholdRule): string =>
  inLanguage(`注意：规则“${text}”没有匹配任何记录`, `Note: the rule "${text}" fits no record`);

const summary = (out: string, { records, spans, withheld }: ExportResult): string =>
  inLanguage(
    `${out}：${records} 条记录，${spans} 段，仅有摘要 ${withheld} 条`,
    `${out}: ${records} records, ${spans} spans, ${withheld} by digest only`,
  );

const runExport = async (options: ExportOptions, say: Say): Promise<void> => {
  const bounds = boundsOf(options);
  const rules = options.withhold.map(parseWithholdRule);
  const isMany = options.gateway === undefined;
  if (rules.some(({ others }) => others) && options.device.length === 0 && options.site === undefined) {
    refuse("--withhold", "others: others than whose? Name --device or --site");
  }
  const { manifest } = await loadSigners(options.data);
  const register = openRegister(options.data);
  const audit = await auditOver(options.data, register);
  let ledger: SqliteDatabase | undefined;
  const progress = progressLine();
  try {
    const choose = chooser(register, options);
    const gateways = gatewaysOf(register, options);
    ledger = openForReading(ledgerPath(options.data));
    if (isMany) await mkdir(options.out, { recursive: true });
    const idle = new Set(rules);
    let files = 0;
    for (const gateway of gateways) {
      const { gw } = gateway;
      const revokedFrom = (kid: string) => gateway.keys.find((key) => key.kid === kid)?.revokedFrom ?? null;
      const out = isMany ? join(options.out, `${gw}.mcx`) : options.out;
      const request = { gateway, revokedFrom, ...bounds, chosen: choose(gw), withhold: rules, out, software };
      const result = await exportEvidence(ledger, manifest, request, {
        asOf: new Date().toISOString(),
        onProgress: (done, all) => progress.show(`${gw} ${done} / ${all}`),
      });
      const detail = { site: options.site ?? null, devices: options.device.join(" "), ...bounds, file: basename(out) };
      audit.append({ actor: terminalActor(), action: "evidence.exported", subject: `gateway:${gw}`, detail });
      for (const rule of result.used) idle.delete(rule);
      if (isMany && result.spans === 0) {
        await rm(out);
        continue;
      }
      files++;
      progress.end();
      say(summary(out, result));
    }
    for (const rule of idle) say(idleText(rule));
    if (files === 0) {
      say(inLanguage(`${options.site ?? ""}：没有任何记录`, `${options.site ?? ""}: there is no record of it`));
    }
  } finally {
    progress.end();
    ledger?.close();
    register.close();
  }
};

const collect = (value: string, known: readonly string[]): string[] => [...known, value];

/** `export`. */
export const addExportCommand = (program: Command, say: Say): void => {
  withPresentData(program.command("export"))
    .description("导出网关的证据文件 / write the evidence of a gateway to a file")
    .requiredOption(
      "--out <path>",
      "输出文件；只给 --site 时为目录，每个网关一个文件 / file; with --site alone a directory, one file per gateway",
    )
    .option("--gateway <id>", "网关编号 / gateway id")
    .option("--site <code>", "只要该场所的记录（按登记册） / only records of this site, as the register says")
    .option("--device <id>", "只要该设备的记录，可重复 / only records of this device; may be repeated", collect, [])
    .option("--from <time>", "中心收到时间的下限 / received by the centre at or after")
    .option("--to <time>", "中心收到时间的上限 / received by the centre at or before")
    .option(
      "--withhold <rule>",
      "隐去：others，或 kind=… device=… from=… to=…，可重复 / give by digest alone: others, or kind=… device=… from=… to=…; may be repeated",
      collect,
      [],
    )
    .addHelpText(
      "after",
      `
所选范围扩大到封签处；夹在其间的其他记录一并列出，除非 --withhold others。
What is chosen is widened to seals; other records in between come along, unless --withhold others is given.

  mingcheng-cloud export --gateway market-songbai --device scale-a12 --withhold others --out a12.mcx
  mingcheng-cloud export --gateway market-songbai --withhold "kind=test from=2026-11-24T08:00+08:00" --out songbai.mcx
  mingcheng-cloud export --site songbai --out songbai/`,
    )
    .action((options: ExportOptions) => runExport(options, say));
};
