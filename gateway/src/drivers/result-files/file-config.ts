import { z } from "zod";

/** Options of a folder that files are dropped into. */
export const fileOptions = z
  .strictObject({
    endings: z
      .array(z.string().regex(/^\.[A-Za-z0-9]{1,8}$/, "应如 .csv / must be like .csv"))
      .min(1)
      .max(16)
      .default([".csv", ".txt", ".tsv", ".xlsx", ".xls"])
      .describe("读取哪些文件 / files with these endings are read."),
    pollIntervalMs: z
      .int()
      .min(100)
      .max(3_600_000)
      .default(2000)
      .describe("每隔多少毫秒查看一次文件夹 / the folder is looked at after so many milliseconds."),
    stableMs: z
      .int()
      .min(100)
      .max(3_600_000)
      .default(2000)
      .describe(
        "文件大小与修改时间多少毫秒不变才读取 / a file is read once its size and time have not changed for so many milliseconds.",
      ),
    lastRowMs: z
      .int()
      .min(100)
      .max(86_400_000)
      .default(60_000)
      .describe(
        "末行没有换行符时，文件多少毫秒不变才读取该行 / a last row without its line end is read once the file has not changed for so many milliseconds.",
      ),
    afterwards: z
      .enum(["leave", "move"])
      .default("leave")
      .describe(
        "全部存盘后：leave 原地保留，move 移入 done 文件夹；从不删除 / when all of it is on disk: leave it there, or move it into the folder done. Never deleted.",
      ),
    moveAfterMs: z
      .int()
      .min(100)
      .max(86_400_000)
      .default(60_000)
      .describe(
        "move 时文件多少毫秒不变才移动 / with move: a file is moved once it has not changed for so many milliseconds.",
      ),
  })
  .prefault({})
  .describe(
    "文件夹 folder:/// 中的结果文件（CSV、TXT、TSV、XLSX） / files of results in a folder (folder:///): CSV, TXT, TSV, XLSX.",
  );

/** The options above, read. */
export type FileConfig = z.output<typeof fileOptions>;
