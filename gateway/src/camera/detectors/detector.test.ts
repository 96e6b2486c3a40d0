import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FindingBook, type Sighting, usualConfirmation } from "./detector.ts";

const detector = { name: "rats", version: "1.2", classes: ["rodent", "no-hat"] };
const at = (monoMs: number) => ({ channel: "camera-1", monoMs });
const rodent = (confidencePercent: number): Sighting[] => [{ class: "rodent", confidencePercent }];

describe("findings of detectors", () => {
  it("need three pictures in a row that agree, and carry the least certainty of them", () => {
    const book = new FindingBook();
    expect(book.add(detector, at(0), rodent(90))).toEqual([]);
    expect(book.add(detector, at(15_000), rodent(71))).toEqual([]);
    expect(book.add(detector, at(30_000), rodent(95))).toEqual([
      { channel: "camera-1", detector: "rats", version: "1.2", class: "rodent", confidencePercent: 71, pictures: 3 },
    ]);
  });

  it("are said once while they go on, and begin anew after one picture without", () => {
    const book = new FindingBook();
    const said = (from: number, pictures: number): number => {
      let findings = 0;
      for (let index = 0; index < pictures; index++)
        findings += book.add(detector, at(from + index * 15_000), rodent(80)).length;
      return findings;
    };
    expect(said(0, 20)).toBe(1);
    expect(said(300_000, 101)).toBe(1);
    expect(book.add(detector, at(2_000_000), rodent(59))).toEqual([]);
    expect(said(2_015_000, 2)).toBe(0);
    book.forget("camera-1");
    expect(said(2_060_000, 2)).toBe(0);
  });

  it("never come of fewer pictures than asked for, or of a class that the detector does not have", () => {
    const sighting = fc.record({
      class: fc.constantFrom("rodent", "no-hat", "ghost"),
      confidencePercent: fc.integer({ min: 0, max: 100 }),
    });
    fc.assert(
      fc.property(fc.array(fc.array(sighting, { maxLength: 3 }), { maxLength: 40 }), (pictures) => {
        const book = new FindingBook();
        for (const [index, sightings] of pictures.entries()) {
          for (const finding of book.add(detector, at(index * 15_000), sightings)) {
            expect(detector.classes).toContain(finding.class);
            const last = pictures.slice(index - usualConfirmation.pictures + 1, index + 1);
            expect(last).toHaveLength(usualConfirmation.pictures);
            for (const one of last) {
              expect(one.some((seen) => seen.class === finding.class && seen.confidencePercent >= 60)).toBe(true);
            }
          }
        }
      }),
    );
  });
});
