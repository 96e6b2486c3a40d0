import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { CloudConfig } from "../config/cloud-config.ts";

const endpointSchema = z.strictObject({ host: z.string(), port: z.int() });

const endpointsSchema = z.strictObject({ mqtt: endpointSchema, https: endpointSchema });

/** Where gateways and browsers reach this centre. */
export type Endpoints = z.infer<typeof endpointsSchema>;

const fileOf = (dataDirectory: string): string => join(dataDirectory, "endpoints.json");

/** Notes where the running centre listens, so that codes made beside it name the right ports. */
export const saveEndpoints = async (dataDirectory: string, endpoints: Endpoints): Promise<void> => {
  const path = fileOf(dataDirectory);
  await writeFile(`${path}.tmp`, `${JSON.stringify(endpoints)}\n`);
  await rename(`${path}.tmp`, path);
};

/** Where the centre listens, or listened when it ran last; before the first run, what the configuration says. */
export const loadEndpoints = async (dataDirectory: string, config: CloudConfig): Promise<Endpoints> => {
  try {
    const known = endpointsSchema.parse(JSON.parse(await readFile(fileOf(dataDirectory), "utf8")));
    return {
      mqtt: { ...known.mqtt, host: config.publicHost },
      https: { ...known.https, host: config.publicHost },
    };
  } catch {
    const { publicHost: host, mqtts, https } = config;
    return { mqtt: { host, port: mqtts.port }, https: { host, port: https.port } };
  }
};
