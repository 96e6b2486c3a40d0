import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CentreProcess, type CentreSetup, startCentre } from "../../src/harness/centre-process.ts";
import { enrolLoadGateway } from "../../src/load/enrol.ts";
import { type PlantName, plantedCentre } from "./plants.ts";
import { type Habits, type WatchedGateway, watchGateway } from "./watched-gateway.ts";

/** A centre in a directory of its own, with the gateways that a test gave it. */
export interface TestedCentre {
  readonly centre: CentreProcess;
  readonly gateways: readonly WatchedGateway[];
  /** Enrols a new gateway on this centre. */
  add(gw: string, habits?: Habits): Promise<WatchedGateway>;
  /** Enrols many gateways at once. */
  addMany(gateways: readonly string[]): Promise<readonly WatchedGateway[]>;
  /** Ends everything and removes the directory. */
  dispose(): Promise<void>;
}

/** Starts a centre, with a planted fault if one is named. */
export const startTestedCentre = async (
  options: { readonly plant?: PlantName | undefined } & Partial<CentreSetup> = {},
): Promise<TestedCentre> => {
  const { plant, ...setup } = options;
  const dir = setup.dir ?? mkdtempSync(join(tmpdir(), "mingcheng-centre-"));
  const main = plant === undefined ? {} : { main: plantedCentre(dir, plant) };
  const centre = await startCentre({ ...setup, ...main, dir }).catch((error: unknown) => {
    rmSync(dir, { recursive: true, force: true });
    throw error;
  });
  const gateways: WatchedGateway[] = [];
  return {
    centre,
    gateways,
    add: async (gw, habits) => {
      const watched = watchGateway(await enrolLoadGateway(await centre.addGateway(gw)), habits);
      gateways.push(watched);
      return watched;
    },
    addMany: async (names) => {
      const lines = (await centre.command("gateway", "add", ...names, "--json")).trim().split("\n");
      const added: WatchedGateway[] = [];
      for (const line of lines) {
        added.push(watchGateway(await enrolLoadGateway((JSON.parse(line) as { code: string }).code)));
      }
      gateways.push(...added);
      return added;
    },
    dispose: async () => {
      await Promise.all(gateways.map((watched) => watched.close()));
      await centre.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};
