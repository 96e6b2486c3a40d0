import { readFileSync } from "node:fs";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};

/** Name and version of this program, as they stand in what it writes. */
export const software = `mingcheng-cloud ${version}`;
