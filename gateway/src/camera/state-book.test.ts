import { bodyFault, type CameraState, cameraStates } from "@mingcheng/protocols";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StateBook } from "./state-book.ts";

const said = (state: CameraState, channel = "one") => ({
  ...({ type: "state", zone: "cooking", quality: "main", previous: "none", previousMs: 0, reason: "so" } as const),
  ...{ channel, state },
});

describe("what is told of cameras' states", () => {
  it("is each change once, with what was before and for how long", () => {
    let nowMs = 1_000;
    const book = new StateBook(() => nowMs);
    expect(book.take(said("none"))).toBeUndefined();
    expect(book.take(said("live"))).toMatchObject({ state: "live", previous: null, previousMs: null });
    nowMs += 5_000;
    expect(book.take(said("stalled"))).toMatchObject({ state: "stalled", previous: "live", previousMs: 5_000 });
    expect(book.take(said("stalled"))).toBeUndefined();
  });

  it("is not repeated by a camera process that was started again, and never that it tries", () => {
    const book = new StateBook(() => 0);
    const told = (["pending", "live", "pending", "live", "disconnected", "pending", "stalled", "live"] as const)
      .map((state) => book.take(said(state))?.state)
      .filter((state) => state !== undefined);
    expect(told).toEqual(["live", "disconnected", "stalled", "live"]);
  });

  it("ends with a camera that is configured no more", () => {
    const book = new StateBook(() => 0);
    book.take(said("black"));
    book.take(said("live", "two"));
    const gone = book.keepOnly(new Set(["two"]));
    expect(gone).toEqual([{ channel: "one", body: expect.objectContaining({ state: "none", previous: "black" }) }]);
    expect(book.keepOnly(new Set(["two"]))).toEqual([]);
  });

  it("always makes records that can be stored, each joined to the one before", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...cameraStates), { maxLength: 30 }), (states) => {
        const book = new StateBook(() => 0);
        const bodies = states.map((state) => book.take(said(state))).filter((body) => body !== undefined);
        for (const [index, body] of bodies.entries()) {
          expect(bodyFault("camera", body)).toBeUndefined();
          expect(body.previous).toBe(bodies[index - 1]?.state ?? null);
          expect(body.state).not.toBe(body.previous);
        }
      }),
    );
  });
});
