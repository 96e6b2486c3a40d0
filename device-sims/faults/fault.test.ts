import { concat, toHex } from "@mingcheng/protocols";
import { describe, expect, it } from "vitest";
import { createManualClock } from "../src/clock.ts";
import { createRandom } from "../src/random.ts";
import { deaf, type SimLine } from "../src/transports/sim-line.ts";
import { applyFaults, bitFlip, byteDrop, drop, type Fault, noise, split, stall, truncate } from "./fault.ts";
import { createFaultyLine } from "./faulty-line.ts";

const frame = Uint8Array.from({ length: 18 }, (_, index) => index + 1);

/** What a hundred frames become, and the bytes that arrive. */
const after = (fault: Fault, seed = 1) => {
  const random = createRandom(seed);
  return Array.from({ length: 100 }, () => applyFaults([fault], frame, random));
};
const arrived = (fault: Fault): string[] =>
  after(fault).map((pieces) => toHex(concat(...pieces.map(({ bytes }) => bytes))));
const whole = toHex(frame);

describe("faults", () => {
  it.each<[string, Fault]>([
    ["drop", drop(0)],
    ["truncate", truncate(0)],
    ["bit-flip", bitFlip(0)],
    ["byte-drop", byteDrop(0)],
    ["split", split(0, 5)],
    ["stall", stall(0, 5)],
    ["noise", noise(0, 5)],
  ])("%s does nothing with probability 0", (_name, fault) => {
    expect(new Set(arrived(fault))).toEqual(new Set([whole]));
  });

  it("lose, cut, turn and add as they say", () => {
    expect(arrived(drop(1)).every((text) => text === "")).toBe(true);
    expect(arrived(truncate(1)).every((text) => text.length < whole.length && whole.startsWith(text))).toBe(true);
    expect(arrived(bitFlip(0.1)).filter((text) => text !== whole).length).toBeGreaterThan(50);
    expect(arrived(bitFlip(0.1)).every((text) => text.length === whole.length)).toBe(true);
    expect(arrived(byteDrop(0.1)).filter((text) => text.length < whole.length).length).toBeGreaterThan(50);
    expect(arrived(noise(1, 8)).every((text) => text.endsWith(whole) && text.length > whole.length)).toBe(true);
  });

  it("split and stall deliver every byte, later", () => {
    expect(new Set([...arrived(split(1, 5)), ...arrived(stall(1, 5))])).toEqual(new Set([whole]));
    expect(after(split(1, 5)).every((pieces) => pieces.length === 2 && pieces[1]?.delayMs === 5)).toBe(true);
    expect(after(stall(1, 5)).every((pieces) => pieces[0]?.delayMs === 5)).toBe(true);
  });

  it("are the same for the same seed", () => {
    expect(after(bitFlip(0.1), 3)).toEqual(after(bitFlip(0.1), 3));
    expect(after(bitFlip(0.1), 3)).not.toEqual(after(bitFlip(0.1), 4));
  });
});

describe("a faulty line", () => {
  const start = (faults: readonly Fault[]) => {
    const sent: string[] = [];
    let connection = 1;
    const bare: SimLine = {
      address: "memory",
      connection: () => connection,
      send: (bytes) => sent.push(toHex(bytes)) > 0,
      listen: () => {},
      drop: () => {},
      close: async () => {},
    };
    const clock = createManualClock();
    const line = createFaultyLine(bare, faults, clock, createRandom(1));
    line.listen(deaf);
    return { line, clock, sent, reconnect: () => connection++ };
  };

  it("keeps the order when a piece is held back", async () => {
    const { line, clock, sent } = start([stall(1, 100)]);
    line.send(Uint8Array.of(1));
    line.setFaults([]);
    line.send(Uint8Array.of(2));
    expect(sent).toEqual([]);
    await clock.advance(100);
    expect(sent).toEqual(["01", "02"]);
    expect(line.damaged()).toBe(0);
  });

  it("loses what was held back for a connection that is gone", async () => {
    const { line, clock, sent, reconnect } = start([stall(1, 100)]);
    line.send(Uint8Array.of(1));
    reconnect();
    await clock.advance(200);
    expect(sent).toEqual([]);
  });

  it("counts what did not leave as it was sent", () => {
    const { line } = start([truncate(1)]);
    for (let count = 0; count < 5; count++) line.send(frame);
    expect(line.damaged()).toBe(5);
  });
});
