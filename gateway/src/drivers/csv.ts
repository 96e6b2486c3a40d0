import { csv, csvOf } from "@mingcheng/protocols/devices";
import { z } from "zod";
import { assaysOption } from "./assay-config.ts";
import { type DriverSession, defineDriver, type SessionContext } from "./define-driver.ts";
import { createPushSession } from "./push-session.ts";
import { fileOptions } from "./result-files/file-config.ts";
import { tableOptions } from "./result-files/table-config.ts";

const csvConfigSchema = z.strictObject({
  instrument: z
    .string()
    .min(1)
    .max(128)
    .default("CSV")
    .describe("写入记录的仪器名称 / name of the instrument in records."),
  ...tableOptions,
  files: fileOptions,
  assays: assaysOption(),
});

type CsvConfig = z.output<typeof csvConfigSchema>;

/** One session for both: a line that rows come over, or a folder that files are dropped into. */
const createCsvSession = (context: SessionContext, config: CsvConfig): DriverSession => {
  const { instrument, assays } = config;
  const push = createPushSession(context, { codec: csvOf(config), instrument }, { assays, acknowledge: false });
  let folder: DriverSession | undefined;
  return {
    run: async (stream, signal) => {
      if (stream.folder === undefined) return push.run(stream, signal);
      // Only a gateway with such a folder loads what reads files.
      const { createFolderSession } = await import("./result-files/folder-session.ts");
      folder ??= createFolderSession(context, {
        format: config,
        files: config.files,
        facts: { protocol: csv.id, instrument, assays },
      });
      return folder.run(stream, signal);
    },
  };
};

/** Tables of results: files in a folder, or rows over a line; 9600 8N1 is usual. */
export const csvDriver = defineDriver({
  protocol: csv.id,
  displayName: csv.displayName,
  deviceClass: "tester",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  readsFolders: true,
  configSchema: csvConfigSchema,
  example: {
    columns: {
      at: "检测时间",
      number: "编号",
      sample: "样品",
      assay: "项目",
      value: "结果",
      unit: "单位",
      verdict: "结论",
    },
    assays: [{ code: "农药残留", use: "gbt-5009-199-2003" }],
  },
  codecOf: csvOf,
  createSession: createCsvSession,
});
