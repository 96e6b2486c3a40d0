import { mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ClockBody, clockBody, recordTimeSchema } from "@mingcheng/protocols";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ClockEvidence, readEvidence } from "./clock-evidence.ts";
import type { GatewayClock } from "./gateway-clock.ts";
import { openGatewayClock } from "./open-clock.ts";
import { ReceiptTime } from "./receipt-time.ts";
import { wallText } from "./wall-text.ts";

const log = { info: () => undefined, warn: () => undefined };
const twoWeeksMs = 14 * 86_400_000;
const now = Date.parse("2026-12-01T08:00:00.000Z");
const nobody: ClockEvidence = { ntpSetMs: null, isFromRtc: false };

describe("the gateway's clock", () => {
  let dir: string;
  let systemMs: number;
  let monoMs: number;
  let evidence: ClockEvidence;
  let clock: GatewayClock;
  let bodies: ClockBody[];

  const open = async () => {
    clock = await openGatewayClock({
      dataDirectory: dir,
      notBefore: "2026-11-26T00:00:00.000Z",
      log,
      ports: {
        systemMs: () => systemMs,
        monoMs: () => monoMs,
        evidence: () => Promise.resolve(evidence),
        bootId: () => Promise.resolve("boot-1"),
      },
    });
    bodies = [];
    clock.onChange((body) => bodies.push(body));
  };

  const pass = (ms: number): void => {
    systemMs += ms;
    monoMs += ms;
  };

  /** Changes are handed on behind the call that found them. */
  const told = async (): Promise<ClockBody[]> => {
    await new Promise((resolve) => setImmediate(resolve));
    return bodies;
  };

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "mingcheng-clock-"));
    systemMs = now;
    monoMs = 60_000;
    evidence = nobody;
  });

  afterEach(async () => {
    await clock.close();
    await rm(dir, { recursive: true, force: true });
  });

  it("begins with a clock record, kept for whoever asks first", async () => {
    await open();
    expect(await told()).toEqual([
      { cause: "start", before: null, after: wallText(now), step_ms: 0, sync: "none", err_ms: null },
    ]);
    expect(clock.time()).toEqual({ wall: wallText(now), mono_ms: 60_000, boot: "boot-1", sync: "none", err_ms: null });
  });

  it("says ntp while a time service vouches, with a bound that grows", async () => {
    evidence = { ntpSetMs: now - 1_000, isFromRtc: true };
    await open();
    const first = clock.time();
    expect(first).toMatchObject({ sync: "ntp", err_ms: 101 });
    pass(3_600_000);
    expect(clock.time().err_ms).toBe(461);
    expect(clock.status().steps).toBe(0);
  });

  it("says rtc only for a possible time that a battery clock has set", async () => {
    evidence = { ntpSetMs: null, isFromRtc: true };
    await open();
    expect(clock.time()).toMatchObject({ sync: "rtc", err_ms: null });
    await clock.close();
    systemMs = Date.parse("2026-11-25T23:59:59.000Z");
    await open();
    expect(clock.time().sync).toBe("none");
    expect(clock.isBehind()).toBe(true);
  });

  it("takes the centre's time in 1970, and keeps it however the system clock jumps", async () => {
    systemMs = 8_000;
    await open();
    expect(clock.time()).toMatchObject({ wall: wallText(8_000), sync: "none", err_ms: null });
    const askedMs = monoMs;
    pass(200);
    clock.learn(new Date(now).toISOString(), askedMs);
    expect(clock.time()).toMatchObject({ wall: wallText(now + 100), sync: "receipt", err_ms: 100 });
    expect(clock.isBehind()).toBe(true);
    for (const jumpMs of [twoWeeksMs, -2 * twoWeeksMs, twoWeeksMs]) {
      systemMs += jumpMs;
      pass(1_000);
      expect(clock.time().sync).toBe("receipt");
    }
    expect(clock.wall()).toBe(wallText(now + 3_100));
    const causes = (await told()).map(({ cause, sync }) => `${cause} ${sync}`);
    expect(causes).toEqual(["start none", "receipt receipt", "step receipt", "step receipt", "step receipt"]);
    expect(bodies[1]).toMatchObject({
      before: wallText(8_200),
      after: wallText(now + 100),
      step_ms: now + 100 - 8_200,
    });
  });

  it.each([twoWeeksMs, -twoWeeksMs])("believes no time service from before a jump of %i ms", async (jumpMs) => {
    systemMs = now + twoWeeksMs;
    evidence = { ntpSetMs: systemMs - 2_000, isFromRtc: true };
    await open();
    expect(clock.time().sync).toBe("ntp");
    pass(500);
    systemMs += jumpMs;
    // The very first record behind the jump already says so.
    expect(clock.time()).toMatchObject({ wall: wallText(now + twoWeeksMs + 500 + jumpMs), sync: "none", err_ms: null });
    expect(await told()).toMatchObject([
      { cause: "start", sync: "ntp" },
      { cause: "step", step_ms: jumpMs, sync: "none", after: wallText(now + twoWeeksMs + 500 + jumpMs) },
    ]);
    expect(clock.nowMs()).toBe(60_500);
  });

  it("falls back to the centre's time when the system clock jumps, and to ntp once it is set anew", async () => {
    evidence = { ntpSetMs: now - 2_000, isFromRtc: false };
    await open();
    clock.learn(new Date(now).toISOString(), monoMs - 40);
    expect(clock.time().sync).toBe("ntp");
    systemMs += twoWeeksMs;
    expect(clock.time()).toMatchObject({ wall: wallText(now + 20), sync: "receipt" });
    expect(clock.status().aheadOfCentreMs).toBe(twoWeeksMs - 20);
    // The time service puts it right and says so.
    pass(60_000);
    systemMs = now + 60_000;
    evidence = { ntpSetMs: systemMs, isFromRtc: false };
    await clock.refresh();
    expect(clock.time()).toMatchObject({ wall: wallText(now + 60_000), sync: "ntp" });
    const causes = (await told()).map(({ cause, sync }) => `${cause} ${sync}`);
    expect(causes).toEqual(["start ntp", "step receipt", "step receipt", "ntp ntp"]);
  });

  it("remembers over a restart that an instant has passed", async () => {
    await open();
    clock.learn("2027-03-01T00:00:00.000Z", monoMs);
    await clock.close();
    expect(JSON.parse(await readFile(join(dir, "clock.json"), "utf8"))).toEqual({
      v: 1,
      lastReceiptAt: "2027-03-01T00:00:00.000Z",
    });
    await open();
    expect(clock.floorMs()).toBe(Date.parse("2027-03-01T00:00:00.000Z"));
    expect(clock.isBehind()).toBe(true);
    await clock.close();
    await writeFile(join(dir, "clock.json"), "{torn");
    await open();
    expect(clock.floorMs()).toBe(Date.parse("2026-11-26T00:00:00.000Z"));
  });

  it("makes times and bodies of the protocol's form, whatever the system clock does", async () => {
    await open();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: -2 * twoWeeksMs, max: 2 * twoWeeksMs }), fc.nat(100_000), fc.boolean())),
        async (steps) => {
          let lastMono = clock.time().mono_ms;
          for (const [jumpMs, ms, isAnswered] of steps) {
            systemMs = Math.max(0, systemMs + jumpMs);
            if (isAnswered) clock.learn(new Date(now + monoMs).toISOString(), monoMs - 10);
            pass(ms);
            const time = clock.time();
            expect(recordTimeSchema.safeParse(time).success).toBe(true);
            expect(time.mono_ms).toBeGreaterThanOrEqual(lastMono);
            lastMono = time.mono_ms;
          }
          for (const body of await told()) expect(clockBody.safeParse(body).success).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("the centre's time", () => {
  it("always bounds the truth, however slow and uneven the network", () => {
    const wait = fc.nat(30_000);
    fc.assert(
      fc.property(fc.array(fc.tuple(wait, wait, wait), { minLength: 1, maxLength: 20 }), (rounds) => {
        const trueOffsetMs = now;
        const time = new ReceiptTime();
        let monoMs = 0;
        for (const [pauseMs, thereMs, backMs] of rounds) {
          monoMs += pauseMs;
          const askedMs = monoMs;
          monoMs += thereMs;
          const centreMs = monoMs + trueOffsetMs;
          monoMs += backMs;
          time.learn(centreMs, askedMs, monoMs);
          expect(Math.abs(time.offsetMs - trueOffsetMs)).toBeLessThanOrEqual(time.errMs(monoMs) + 1e-6);
        }
      }),
    );
  });

  it("does not tremble with the network, and follows a centre whose own clock was set", () => {
    const time = new ReceiptTime();
    time.learn(1_000, 0, 100);
    expect(time.offsetMs).toBe(950);
    time.learn(2_000, 1_020, 1_060);
    expect(time.offsetMs).toBe(950);
    time.learn(900_000, 2_000, 2_010);
    expect(time.offsetMs).toBe(897_995);
  });
});

describe("evidence of how the clock was set", () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "mingcheng-evidence-"));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  const touch = async (name: string, ms: number): Promise<string> => {
    const path = join(dir, name);
    await writeFile(path, "1\n");
    await utimes(path, ms / 1000, ms / 1000);
    return path;
  };

  it("counts marks of this boot, and battery clocks that the kernel used", async () => {
    const bootedMs = now - 3_600_000;
    const rtc = join(dir, "rtc");
    const paths = { sinceBoot: [join(dir, "missing")], lasting: [await touch("drift", bootedMs - 1_000)], rtc };
    expect(await readEvidence(paths, bootedMs)).toEqual({ ntpSetMs: null, isFromRtc: false });
    await touch("drift", bootedMs + 1_000);
    const synchronized = await touch("synchronized", now - 5_000);
    expect(await readEvidence({ ...paths, sinceBoot: [synchronized] }, bootedMs)).toEqual({
      ntpSetMs: now - 5_000,
      isFromRtc: false,
    });
  });
});

describe("local time in text", () => {
  it("names the same instant", () => {
    for (const ms of [0, now, Date.parse("2026-07-01T00:00:00.123Z")]) {
      expect(Date.parse(wallText(ms))).toBe(ms);
      expect(wallText(ms)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d$/);
    }
  });
});
