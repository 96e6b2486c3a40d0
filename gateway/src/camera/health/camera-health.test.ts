import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CameraHealth, type HealthChange, usualHealthSettings } from "./camera-health.ts";
import { type GreyPicture, measurePicture, type PictureMeasure } from "./picture-measure.ts";

const good: PictureMeasure = { meanBrightness: 110, deviation: 48, edgePercent: 9, difference: 0.8 };
const black: PictureMeasure = { meanBrightness: 4, deviation: 0, edgePercent: 0, difference: 0 };
const glaring: PictureMeasure = { meanBrightness: 254, deviation: 0, edgePercent: 0, difference: 0 };
const covered: PictureMeasure = { meanBrightness: 90, deviation: 2, edgePercent: 0, difference: 0.6 };
const same: PictureMeasure = { ...good, difference: 0 };

/** A camera of 25 pictures a second, a key frame every two seconds; what it says goes into `said`. */
class Bench {
  nowMs = 1_000;
  readonly said: HealthChange[] = [];
  readonly health = new CameraHealth(usualHealthSettings, this.nowMs);
  #count = 0;

  note(change: HealthChange | undefined): void {
    if (change !== undefined) this.said.push(change);
  }

  begin(): this {
    this.note(this.health.ask(this.nowMs));
    this.note(this.health.connected(this.nowMs));
    return this;
  }

  /** Pictures for so long; `measure` for each key frame that is asked for. */
  run(seconds: number, measure: PictureMeasure = good, betweenBytes = 2_700): void {
    for (let step = 0; step < seconds * 25; step++) {
      this.nowMs += 40;
      this.note(this.health.tick(this.nowMs));
      const key = this.#count++ % 50 === 0;
      this.note(this.health.picture({ atMs: this.nowMs, key, bytes: key ? 60_000 : betweenBytes }));
      if (key && this.health.wantsMeasure(this.nowMs)) this.note(this.health.measured(this.nowMs, measure));
    }
  }

  wait(seconds: number): void {
    for (let step = 0; step < seconds; step++) {
      this.nowMs += 1_000;
      this.note(this.health.tick(this.nowMs));
    }
  }

  states(): string[] {
    return this.said.map(({ state }) => state);
  }
}

describe("health of a camera", () => {
  it("is pending until the first picture, live with it, none when nobody asks", () => {
    const bench = new Bench().begin();
    bench.run(1);
    bench.note(bench.health.release(bench.nowMs));
    expect(bench.states()).toEqual(["pending", "live", "none"]);
    expect(bench.said[2]).toMatchObject({ previous: "live", previousMs: 960 });
  });

  it("is stalled when pictures stop though the connection lives, and live with the next picture", () => {
    const bench = new Bench().begin();
    bench.run(10);
    bench.wait(5);
    expect(bench.states()).toEqual(["pending", "live"]);
    bench.wait(2);
    expect(bench.said.at(-1)).toMatchObject({ state: "stalled", previous: "live", reason: "no picture for 6 s" });
    bench.run(0.04);
    expect(bench.states()).toEqual(["pending", "live", "stalled", "live"]);
  });

  it("waits three key-frame intervals where a camera sends them seldom", () => {
    const bench = new Bench().begin();
    for (const atMs of [2_000, 12_000]) bench.note(bench.health.picture({ atMs, key: true, bytes: 50_000 }));
    bench.note(bench.health.tick(40_000));
    expect(bench.health.state).toBe("live");
    bench.note(bench.health.tick(42_000));
    expect(bench.health.state).toBe("stalled");
  });

  it("does not call a camera disconnected that is back within seconds, and calls it so when it stays away", () => {
    const bench = new Bench().begin();
    bench.run(4);
    bench.note(bench.health.lost(bench.nowMs, "connection refused"));
    bench.wait(4);
    bench.note(bench.health.connected(bench.nowMs));
    bench.run(1);
    expect(bench.states()).toEqual(["pending", "live"]);
    bench.note(bench.health.lost(bench.nowMs, "connection refused"));
    bench.wait(5);
    expect(bench.said.at(-1)).toMatchObject({ state: "disconnected", reason: "connection refused" });
    bench.note(bench.health.connected(bench.nowMs));
    bench.run(0.04);
    expect(bench.states().slice(-3)).toEqual(["disconnected", "pending", "live"]);
  });

  it("says a refused password at once and does not turn it into a disconnection", () => {
    const bench = new Bench();
    bench.note(bench.health.ask(bench.nowMs));
    bench.note(bench.health.refused(bench.nowMs, "401"));
    bench.wait(60);
    expect(bench.states()).toEqual(["pending", "auth-failed"]);
    expect(bench.health.nextMs()).toBeNull();
  });

  it.each([
    ["black", black],
    ["black", glaring],
    ["covered", covered],
  ] as const)("believes %s after three measured pictures, and its end after one", (state, measure) => {
    const bench = new Bench().begin();
    bench.run(20);
    bench.run(4, measure);
    expect(bench.states()).toEqual(["pending", "live"]);
    bench.run(30, measure);
    expect(bench.states()).toEqual(["pending", "live", state]);
    bench.run(2);
    expect(bench.states()).toEqual(["pending", "live", state, "live"]);
  });

  it("knows a frozen picture from an idle room: in the idle room pictures keep their size", () => {
    const idle = new Bench().begin();
    idle.run(120, same);
    expect(idle.states()).toEqual(["pending", "live"]);
    const frozen = new Bench().begin();
    frozen.run(20);
    frozen.run(20, same, 193);
    expect(frozen.states()).toEqual(["pending", "live", "frozen"]);
    frozen.run(4, { ...good, difference: 3 });
    expect(frozen.states()).toEqual(["pending", "live", "frozen", "live"]);
  });

  it("does not call a frozen picture live after a stall", () => {
    const bench = new Bench().begin();
    bench.run(20);
    bench.run(20, same, 193);
    bench.wait(10);
    bench.run(1, same, 193);
    expect(bench.states()).toEqual(["pending", "live", "frozen", "stalled", "frozen"]);
  });

  it("never says live without a picture since, and always names the state before", () => {
    const act = fc.oneof(
      fc.record({ type: fc.constant("wait" as const), seconds: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ type: fc.constant("run" as const), seconds: fc.integer({ min: 1, max: 10 }) }),
      fc.record({ type: fc.constantFrom("lost", "connected", "refused", "ask", "release" as const) }),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
        const bench = new Bench();
        for (const step of acts) {
          if (step.type === "wait") bench.wait(step.seconds);
          else if (step.type === "run") bench.run(step.seconds);
          else if (step.type === "lost") bench.note(bench.health.lost(bench.nowMs, "gone"));
          else if (step.type === "refused") bench.note(bench.health.refused(bench.nowMs, "401"));
          else bench.note(bench.health[step.type as "ask"](bench.nowMs));
          const silentMs = bench.nowMs - (bench.health.lastPictureMs ?? Number.NEGATIVE_INFINITY);
          if (bench.health.state === "live") expect(silentMs).toBeLessThanOrEqual(6_000);
        }
        for (const [index, { previous }] of bench.said.entries()) {
          expect(previous).toBe(bench.said[index - 1]?.state ?? "none");
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("measures of a picture", () => {
  const picture = (pixel: (x: number, y: number) => number): GreyPicture => ({
    widthPx: 160,
    heightPx: 90,
    pixels: Uint8Array.from({ length: 160 * 90 }, (_, at) => pixel(at % 160, Math.floor(at / 160))),
  });

  it("tells black, a hand before the lens, and a room apart", () => {
    expect(measurePicture(picture(() => 4))).toEqual({
      ...{ meanBrightness: 4, deviation: 0, edgePercent: 0, difference: null },
    });
    const hand = measurePicture(picture((x, y) => 90 + ((x + y) % 3)));
    expect(hand.edgePercent).toBe(0);
    const room = measurePicture(picture((x, y) => (((x >> 4) + (y >> 4)) % 2 === 0 ? 60 : 160)));
    expect(room.edgePercent).toBeGreaterThan(9);
    expect(room.deviation).toBeCloseTo(50, 0);
  });

  it("says how much two pictures differ, and nothing where sizes differ", () => {
    const before = picture(() => 100);
    expect(
      measurePicture(
        picture(() => 102),
        before,
      ).difference,
    ).toBe(2);
    expect(measurePicture(before, { ...before, widthPx: 80, heightPx: 180 }).difference).toBeNull();
  });
});
