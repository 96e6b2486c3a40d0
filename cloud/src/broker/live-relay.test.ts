import { describe, expect, it } from "vitest";
import { LiveRelay } from "./live-relay.ts";

describe("the relay of live values", () => {
  it("passes on the latest of each device, and never holds more than it may", () => {
    const passed: string[] = [];
    const relay = new LiveRelay((gw, device, payload) => passed.push(`${gw} ${device} ${payload[0]}`));
    for (let value = 0; value < 200; value++) relay.take("market-a", "scale-1", Uint8Array.of(value));
    relay.take("market-b", "scale-1", Uint8Array.of(7));
    relay.flush();
    expect(passed).toEqual(["market-a scale-1 199", "market-b scale-1 7"]);
    for (let device = 0; device < 10_000; device++) relay.take("market-c", `made-up-${device}`, Uint8Array.of(1));
    passed.length = 0;
    relay.flush();
    expect(passed).toHaveLength(256);
    relay.close();
  });
});
