import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { rulesInForce } from "./rules-in-force.ts";

const idsOf = async (rules: string | null, rulesOfWeighings: boolean): Promise<string[]> =>
  (await rulesInForce({ rules, rulesOfWeighings })).map(({ id }) => id);

it("leaves rules of every weighing out unless asked for, and never one of the centre's own", async () => {
  const [usual, all] = [await idsOf(null, false), await idsOf(null, true)];
  expect(all).toEqual(expect.arrayContaining([...usual, "scale-frozen", "scale-idle", "scale-tare-abuse"]));
  expect(usual).toEqual(expect.arrayContaining(["device-silent", "test-positive", "sale-amount-wrong"]));
  for (const id of ["scale-frozen", "scale-idle", "scale-tare-abuse"]) expect(usual).not.toContain(id);
  const own = fileURLToPath(new URL("../../rules/scales.yaml", import.meta.url));
  expect(await idsOf(own, false)).toContain("scale-frozen");
});
