import { MingchengError } from "@mingcheng/protocols";
import { describe, expect, it } from "vitest";
import { dialog06Driver } from "../src/drivers/dialog06.ts";
import { toledo8217Driver } from "../src/drivers/toledo-8217.ts";
import { createBench, simulate } from "./driver-contract-bench.ts";

const ask = 0x57;

describe("a session with a scale that has to be asked", () => {
  it("asks again after the time-out, counts it, and never has two requests on the way", async () => {
    const bench = createBench(toledo8217Driver);
    const { abort, running } = bench.connect();
    await bench.clock.advance(1700);
    expect(bench.written).toEqual(Array(4).fill(ask));
    expect(bench.count("timeouts")).toBe(3);
    abort();
    await bench.clock.advance(1000);
    await running;
  });

  it("keeps its pace when the answers are quick", async () => {
    const bench = createBench(toledo8217Driver);
    const device = simulate(toledo8217Driver, bench);
    const connection = bench.connect();
    device.plug(connection);
    await bench.clock.advance(1000);
    expect(bench.written.length).toBeGreaterThanOrEqual(9);
    expect(bench.written.length).toBeLessThanOrEqual(11);
    expect(bench.count("timeouts")).toBe(0);
    connection.abort();
    await device.stop();
  });

  it("records overload that is answered in the weight's place", async () => {
    const bench = createBench(toledo8217Driver);
    const { device, abort } = bench.connect();
    for (let count = 0; count < 6; count++) {
      await device.write(Uint8Array.of(0x02, 0x3f, count < 3 ? 0x42 : 0x50, 0x0d));
      await bench.clock.advance(100);
    }
    expect(bench.stored.map(({ kind, body }) => [kind, body["state"]])).toEqual([
      ["scale-event", "overload"],
      ["scale-event", "normal"],
    ]);
    abort();
  });

  it("stops for good, and says why, when a Dialog 06 scale demands the secret checksum", async () => {
    const bench = createBench(dialog06Driver);
    const device = simulate(dialog06Driver, bench, { checksumDemanded: true });
    const connection = bench.connect();
    device.plug(connection);
    await bench.clock.advance(1000);
    const outcome = connection.outcome();
    const fault = outcome === undefined || outcome === "resolved" ? outcome : outcome.rejected;
    expect(fault).toBeInstanceOf(MingchengError);
    expect(fault).toMatchObject({ code: "SCALE_CHECKSUM_SECRET", retryable: false });
    expect(bench.stored).toEqual([]);
    await device.stop();
  });
});
