import { describe, expect, it } from "vitest";
import { answered, dispatch, nextNumber, type OrderView } from "./command-orders.ts";

const order = (state: OrderView["state"], more: Partial<OrderView> = {}): OrderView => ({
  ...{ state, cseq: state === "waiting" ? null : 1, expiresMs: 100_000, sentMs: state === "waiting" ? null : 0 },
  ...more,
});

describe("orders at the centre", () => {
  it("go on above whatever was ever given out or seen, so that a restored centre is understood", () => {
    expect(nextNumber(3, 9)).toBe(10);
    expect(nextNumber(9, 3)).toBe(10);
    expect(nextNumber(0, 0)).toBe(1);
  });

  it("are sent one at a time, the next when the one before was answered", () => {
    const [sent, waiting] = [order("sent"), order("waiting")];
    expect(dispatch([sent, waiting], 1_000, false)).toEqual({ expired: [], again: [], next: null });
    expect(dispatch([order("acknowledged"), waiting], 1_000, false).next).toBe(waiting);
    expect(dispatch([order("done"), waiting, order("waiting")], 1_000, false).next).toBe(waiting);
  });

  it("are sent again until answered, also after their time, and at once on a new connection", () => {
    const sent = order("sent");
    expect(dispatch([sent], 4_999, false).again).toEqual([]);
    expect(dispatch([sent], 5_000, false).again).toEqual([sent]);
    expect(dispatch([sent], 200_000, false).again).toEqual([sent]);
    const [second, first] = [order("acknowledged", { cseq: 2 }), order("sent", { cseq: 1 })];
    expect(dispatch([second, first], 1, true).again).toEqual([first, second]);
    expect(dispatch([order("acknowledged")], 29_999, false).again).toEqual([]);
  });

  it("end unsent when their time is over before the gateway was there", () => {
    const late = order("waiting", { expiresMs: 500 });
    expect(dispatch([late, order("waiting")], 500, true)).toMatchObject({
      expired: [late],
      next: { expiresMs: 100_000 },
    });
  });

  it("keep their first end", () => {
    expect(answered("sent", { outcome: "accepted", reason: null })).toBe("acknowledged");
    expect(answered("sent", { outcome: "waiting", reason: null })).toBeUndefined();
    expect(answered("acknowledged", { outcome: "accepted", reason: null })).toBeUndefined();
    expect(answered("acknowledged", { outcome: "unknown", reason: null })).toBe("unknown");
    for (const reason of ["cseq-taken", "out-of-order", "replayed"] as const) {
      expect(answered("sent", { outcome: "refused", reason })).toBe("waiting");
      expect(answered("done", { outcome: "refused", reason })).toBeUndefined();
    }
    expect(answered("sent", { outcome: "refused", reason: "repeated-id" })).toBe("refused");
    expect(answered("done", { outcome: "failed", reason: null })).toBeUndefined();
  });
});
