import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type CentreProcess, type CentreSetup, startCentre } from "../../src/harness/centre-process.ts";
import { builtModule } from "../../src/harness/repository.ts";
import { enrolLoadGateway } from "../../src/load/enrol.ts";
import { type PlantName, plantVariable } from "./plants.ts";
import { type WatchedGateway, watchGateway } from "./watched-gateway.ts";

/** A centre in a directory of its own, with the gateways that a test gave it. */
export interface TestedCentre {
  readonly centre: CentreProcess;
  readonly gateways: readonly WatchedGateway[];
  /** Enrols a new gateway on this centre. */
  add(gw: string): Promise<WatchedGateway>;
  /** Ends everything and removes the directory. */
  dispose(): Promise<void>;
}

const environmentOf = (plant: PlantName | undefined): Record<string, string> => {
  if (plant === undefined) return {};
  const hooks = pathToFileURL(builtModule("device-sims/dist/e2e/centre/plant-entry.js")).href;
  return { NODE_OPTIONS: `--import=${hooks}`, [plantVariable]: plant };
};

/** Starts a centre, with a planted fault if one is named. */
export const startTestedCentre = async (
  options: { readonly plant?: PlantName | undefined } & Partial<CentreSetup> = {},
): Promise<TestedCentre> => {
  const { plant, env, ...setup } = options;
  const dir = setup.dir ?? mkdtempSync(join(tmpdir(), "mingcheng-centre-"));
  const centre = await startCentre({ ...setup, dir, env: { ...environmentOf(plant), ...env } });
  const gateways: WatchedGateway[] = [];
  return {
    centre,
    gateways,
    add: async (gw) => {
      const watched = watchGateway(await enrolLoadGateway(await centre.addGateway(gw)));
      gateways.push(watched);
      return watched;
    },
    dispose: async () => {
      await Promise.all(gateways.map((watched) => watched.close()));
      await centre.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};
