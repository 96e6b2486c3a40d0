import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sampleRecord, weighingOf } from "../../test/memory-ledger.ts";
import { SeededCentre } from "../../test/seeded-centre.ts";
import { knownDevices, rulesHeap } from "./rules-heap.ts";

let centre: SeededCentre;
beforeEach(() => {
  centre = new SeededCentre();
});
afterEach(() => centre.close());

describe("the heap of the rules' thread", () => {
  it("is the rated one up to ten thousand devices, and grows with those beyond", () => {
    expect([0, 10_000, 10_001, 40_000].map((devices) => rulesHeap(devices).maxOldGenerationSizeMb)).toEqual([
      ...[120, 120, 121, 464],
    ]);
  });

  it("goes by the devices that the centre knows, none where nothing can be read", () => {
    for (const [at, dev] of ["scale-01", "scale-02", "scale-01"].entries()) {
      centre.commit(
        sampleRecord({ seq: at + 1, n: at + 1, dev, kind: "weighing", body: weighingOf("500") }),
        Date.now(),
      );
    }
    centre.project();
    expect(knownDevices(centre.directory)).toBe(2);
    expect(knownDevices("/nowhere")).toBe(0);
  });
});
