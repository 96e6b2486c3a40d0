import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { builtInRules } from "./load-rules.ts";
import { rulesInForce } from "./rules-in-force.ts";

const directory = mkdtempSync(join(tmpdir(), "mingcheng-rules-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const idsOf = async (rules: string | null, rulesOfWeighings: boolean): Promise<string[]> =>
  (await rulesInForce({ rules, rulesOfWeighings })).map(({ id }) => id);

it("leaves rules of every weighing out unless asked for, and never one of the centre's own", async () => {
  const [usual, all] = [await idsOf(null, false), await idsOf(null, true)];
  expect(all).toEqual(expect.arrayContaining([...usual, "scale-frozen", "scale-idle", "scale-tare-abuse"]));
  expect(usual).toEqual(expect.arrayContaining(["device-silent", "test-positive", "sale-amount-wrong"]));
  for (const id of ["scale-frozen", "scale-idle", "scale-tare-abuse"]) expect(usual).not.toContain(id);
  const own = join(directory, "own.yaml");
  const scales = readFileSync(join(builtInRules, "scales.yaml"), "utf8");
  writeFileSync(own, scales.replace(/^ *inhibitedBy:\n(?: *- \{.*\n)+/gm, ""));
  expect(await idsOf(own, false)).toContain("scale-frozen");
});
