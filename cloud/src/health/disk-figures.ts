import { stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Figure } from "./figure.ts";

const databases = ["ledger", "register", "projections", "alerts"] as const;

const sizeOf = async (path: string): Promise<number> => {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
};

/** Bytes of every database of the centre, its write-ahead log counted, and what is left beside them. */
export const diskFigures = async (dataDirectory: string, version: string): Promise<Figure[]> => {
  const { bavail, blocks, bsize } = await statfs(dataDirectory);
  const sizes = await Promise.all(
    databases.map(async (database): Promise<Figure> => {
      const path = join(dataDirectory, `${database}.db`);
      const value = (await sizeOf(path)) + (await sizeOf(`${path}-wal`));
      const help = "Bytes of a database on disk, its write-ahead log counted.";
      return { name: "mingcheng_centre_database_bytes", help, type: "gauge", value, labels: { database } };
    }),
  );
  const gauge = (name: string, help: string, value: number): Figure => ({ name, help, type: "gauge", value });
  return [
    ...sizes,
    gauge("mingcheng_centre_disk_free_bytes", "Bytes left where the data directory is.", bavail * bsize),
    gauge("mingcheng_centre_disk_size_bytes", "Size of the file system of the data directory.", blocks * bsize),
    { ...gauge("mingcheng_centre_build_info", "1; the version is its label.", 1), labels: { version } },
  ];
};
