import { describe, expect, it } from "vitest";
import type { Fragment } from "./fragment.ts";
import { Fragmenter } from "./fragmenter.ts";

// A parameter set of a real stream: Main profile, level 3.0, 640x360.
const sps = Buffer.from("674d401e9a6602802d80b50101014000000fa4000753", "hex");
const pps = Buffer.from("68ee3c80", "hex");

const stream = () => {
  let nowMs = 0;
  const fragments: Fragment[] = [];
  const clock = { nowMs: () => nowMs, wallMs: () => 1_000_000 + nowMs };
  const fragmenter = new Fragmenter({ clock, fragmentMs: 200, onFragment: (one) => void fragments.push(one) });
  fragmenter.parameters({ codec: "h264", vps: null, sps, pps });
  let number = 0;
  /** So many pictures, 40 ms apart, are read at a moment. */
  const read = (pictures: number, atMs: number): void => {
    nowMs = atMs;
    for (let at = 0; at < pictures; at++, number++) {
      fragmenter.unit({ bytes: Buffer.of(0, 0, 0, 1, 0x65), key: number % 50 === 0, rtpTime: number * 3_600 });
    }
  };
  return { fragmenter, fragments, read };
};

describe("a stream of pictures", () => {
  it("is cut into pieces of 200 ms with room for the head of a message", () => {
    const { fragments, read } = stream();
    read(22, 0);
    expect(fragments.map(({ durationMs }) => durationMs)).toEqual([40, 200, 200, 200, 200]);
    expect(fragments.map(({ key }) => key)).toEqual([true, false, false, false, false]);
    for (const { bytes, roomy } of fragments) expect(roomy?.length).toBe(bytes.length + 12);
  });

  it("says when the next piece is due, by how many pictures have come since", () => {
    const { fragmenter, read } = stream();
    expect(fragmenter.dueInMs(0)).toBe(40);
    read(7, 1_000);
    // One picture waits: five more make a piece whole.
    expect(fragmenter.dueInMs(1_000)).toBe(200);
    // Read late: three of the next piece are there already.
    read(7, 1_280);
    expect(fragmenter.dueInMs(1_280)).toBe(120);
    expect(fragmenter.dueInMs(2_000)).toBe(0);
  });
});
