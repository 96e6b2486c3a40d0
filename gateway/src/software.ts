import { readFileSync } from "node:fs";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  readonly version: string;
};

/** Name and version of this program, as they stand in every `epoch` record. */
export const software: { readonly name: string; readonly version: string } = { name: "mingcheng-gateway", version };
