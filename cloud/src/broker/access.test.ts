import { describe, expect, it } from "vitest";
import { publishable, readClientId, subscribable } from "./access.ts";
import { AddressBook, maxConnectionsPerAddress } from "./address-book.ts";
import { RefusalLog } from "./refusal-log.ts";

const eid = "ab".repeat(16);
const gateway = { gw: "market-a", eid };

describe("access of a gateway", () => {
  it("reads gateway and line from the client id, and nothing from another form", () => {
    expect(readClientId(`market-a-${eid}`)).toEqual(gateway);
    for (const id of ["", "market-a", `market-a-${eid.toUpperCase()}`, eid, `-${eid}`]) {
      expect(readClientId(id)).toBeUndefined();
    }
  });

  it("allows the uplink topics of its own subtree only", () => {
    const own = ["rec", "gone", "keys", `state/${eid}`, "live/scale-1", "ack", "bundle/f00"].map(
      (tail) => `mc/v1/market-a/${tail}`,
    );
    for (const topic of own) expect(publishable(gateway, topic)?.gw).toBe("market-a");
    const foreign = [
      "mc/v1/market-b/rec",
      "mc/v1/market-a/receipt",
      "mc/v1/market-a/cmd",
      `mc/v1/market-a/state/${"cd".repeat(16)}`,
      "mc/v1/market-a/rec/more",
      "mc/v2/market-a/rec",
      "$SYS/centre/heartbeat",
      "mc/v1/+/rec",
      "",
    ];
    for (const topic of foreign) expect(publishable(gateway, topic)).toBeUndefined();
  });

  it("allows subscriptions below its own subtree only", () => {
    for (const filter of ["mc/v1/market-a/receipt", "mc/v1/market-a/#"])
      expect(subscribable(gateway, filter)).toBe(true);
    const foreign = [
      "#",
      "mc/v1/#",
      "mc/v1/+/receipt",
      "mc/v1/market-a",
      "mc/v1/market-ab/receipt",
      "$share/g/mc/v1/market-a/#",
    ];
    for (const filter of foreign) expect(subscribable(gateway, filter)).toBe(false);
  });
});

describe("connections of one address", () => {
  it("are limited, and freed when they end", () => {
    const book = new AddressBook();
    for (let count = 0; count < maxConnectionsPerAddress; count++) expect(book.enter("10.0.0.1")).toBe(true);
    expect(book.enter("10.0.0.1")).toBe(false);
    expect(book.enter("10.0.0.2")).toBe(true);
    book.leave("10.0.0.1");
    expect(book.enter("10.0.0.1")).toBe(true);
  });
});

describe("the log of refusals", () => {
  it("writes the same one once a minute, with how often it came meanwhile", () => {
    const lines: unknown[] = [];
    let nowMs = 0;
    const log = new RefusalLog({ warn: (details: unknown) => lines.push(details) } as never, () => nowMs);
    for (let time = 0; time < 1_000; time++) log.write("login 10.0.0.1", { address: "10.0.0.1" }, "refused");
    expect(lines).toEqual([{ address: "10.0.0.1" }]);
    nowMs = 60_000;
    log.write("login 10.0.0.1", { address: "10.0.0.1" }, "refused");
    expect(lines).toEqual([{ address: "10.0.0.1" }, { address: "10.0.0.1", before: 999 }]);
  });
});
