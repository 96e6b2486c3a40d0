import { describe, expect, it } from "vitest";
import { faultless } from "./judge-ledger.ts";
import { killWhileIngesting } from "./kill-loop.ts";

const seed = 2026;

describe("SIGKILL of the centre while it takes records", () => {
  it("loses no receipted record, stores none twice, invents none: 12 kills", async () => {
    const { verdicts, final, stored, captured } = await killWhileIngesting({ kills: 12, seed });
    expect(verdicts).toEqual(verdicts.map(() => faultless));
    expect(final).toEqual(faultless);
    expect(stored).toBe(captured);
    expect(captured).toBeGreaterThan(1_000);
  }, 300_000);

  it("is noticed when receipts go out before the commit", async () => {
    const { verdicts } = await killWhileIngesting({ kills: 15, seed, plant: "receipt-before-commit" });
    expect(verdicts.flatMap(({ lost }) => lost)).not.toEqual([]);
  }, 120_000);

  it("is noticed when records are inserted without a key", async () => {
    const { final } = await killWhileIngesting({ kills: 1, seed, plant: "insert-without-key" });
    expect(final.twice).not.toEqual([]);
  }, 120_000);
});
