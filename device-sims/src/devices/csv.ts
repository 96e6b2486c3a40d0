import { appendFileSync, existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { utf8 } from "@mingcheng/protocols";
import { csvHeader, csvRow } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { defineTester } from "./define-simulator.ts";
import { gbBytes } from "./gb-text.ts";
import { startPushedTester } from "./pushed-tester.ts";
import type { SimulatedTester, TesterParts, TesterResult } from "./tester.ts";

/** Settings of a simulated instrument that exports tables. */
const csvSettingsSchema = z.strictObject({
  /** Files are written here; null: rows go over the line. */
  folder: z.string().nullable().default(null),
  /** `append`: one file that grows; `export`: a file per message, renamed into place; `slow`: the same, written bit by bit. */
  files: z.enum(["append", "export", "slow"]).default("append"),
  encoding: z.enum(["utf-8", "gb18030"]).default("utf-8"),
});

type CsvSettings = z.output<typeof csvSettingsSchema>;

const maxBytes = 1_000_000;

/** `20240517093015` as `2024-05-17 09:30:15`. */
const timeOf = ({ completedAt: at }: TesterResult): string =>
  `${at.slice(0, 4)}-${at.slice(4, 6)}-${at.slice(6, 8)} ${at.slice(8, 10)}:${at.slice(10, 12)}:${at.slice(12, 14)}`;

const rowOf = (result: TesterResult): string => {
  const { specimenId, item, assay, value, unit, flags } = result;
  return csvRow({
    at: timeOf(result),
    number: specimenId,
    sample: item,
    assay,
    value,
    unit,
    verdict: flags === "A" ? "阳性" : "阴性",
  });
};

const encoder = ({ encoding }: CsvSettings): ((text: string) => Uint8Array) =>
  encoding === "utf-8" ? utf8 : (text) => gbBytes(text, maxBytes);

/** Bytes that a slow writer writes at once, and how long it waits in between. */
const slowBytes = 7;
const slowMs = 3;

/** An instrument that writes files: a message is done with once its rows are in the folder. */
const startFileTester = (settings: CsvSettings, folder: string, parts: TesterParts): SimulatedTester => {
  const { id, line, clock, oracle } = parts;
  const encode = encoder(settings);
  const stopping = new AbortController();
  let [messages, count] = [0, 0];
  let writing: Promise<void> = Promise.resolve();
  let waiting = 0;
  mkdirSync(folder, { recursive: true });

  const writeSlowly = async (path: string, bytes: Uint8Array): Promise<void> => {
    for (let at = 0; at < bytes.length; at += slowBytes) {
      appendFileSync(path, bytes.subarray(at, at + slowBytes));
      await clock.sleep(slowMs, stopping.signal);
    }
  };

  const write = async (results: readonly TesterResult[], number: number): Promise<void> => {
    const rows = results.map(rowOf).join("");
    if (settings.files === "append") {
      const path = join(folder, `${id}.csv`);
      appendFileSync(path, encode(existsSync(path) ? rows : csvHeader + rows));
      return;
    }
    const path = join(folder, `${id}-${number}.csv`);
    if (settings.files === "slow") return writeSlowly(path, encode(csvHeader + rows));
    writeFileSync(`${path}.tmp`, encode(csvHeader + rows));
    renameSync(`${path}.tmp`, path);
  };

  const report = async (results: readonly TesterResult[]): Promise<void> => {
    const message = ++messages;
    await write(results, message);
    for (const result of results) {
      const { specimenId, item, assay, value, unit } = result;
      const completedAt = timeOf(result).replace(" ", "T");
      const about = { result: ++count, message, specimenId, item, assay, value, unit, completedAt };
      const entry = { device: id, protocol: "csv", ...about, atMs: oracle.wallMs() };
      // What lies in the folder was handed over: from now on it must not get lost.
      oracle.write({ event: "result-said", ...entry });
      oracle.write({ event: "result-acknowledged", ...entry });
    }
  };

  return {
    id,
    address: `folder://${folder}`,
    report: (results) => {
      waiting++;
      writing = writing.then(() => report(results)).finally(() => waiting--);
    },
    drained: () => writing,
    queued: () => waiting,
    stop: async () => {
      stopping.abort();
      await writing;
      await line.close();
    },
  };
};

/** An instrument that exports tables of results, over a line or as files. */
export const csvExporter = defineTester({
  protocol: "csv",
  settingsSchema: csvSettingsSchema,
  start: (settings, parts) => {
    if (settings.folder !== null) return startFileTester(settings, settings.folder, parts);
    const encode = encoder(settings);
    return startPushedTester(
      { protocol: "csv", waitsForAck: false, encode: (result) => encode(csvHeader + rowOf(result)) },
      parts,
    );
  },
});
