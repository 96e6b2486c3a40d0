import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { saleMessageSchema } from "@mingcheng/protocols/intake";
import { afterEach, describe, expect, it } from "vitest";
import { type SimClock, systemClock } from "../clock.ts";
import { createMemoryOracle } from "../oracle.ts";
import { loadScenarioOf } from "../scenario/load-scenario.ts";
import { startSmart } from "../scenario/play-smart.ts";
import { smartScaleSchema } from "../scenario/smart-scenario.ts";
import { honestAmountFen } from "./smart-sale.ts";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

interface Heard {
  readonly url: string;
  readonly body: string;
}

/** A gateway that answers as it is told, and everything that it heard. */
const startGateway = async (status: (heard: Heard, count: number) => number) => {
  const heard: Heard[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = "";
    request.setEncoding("utf8");
    for await (const piece of request) body += piece;
    const one = { url: request.url ?? "", body };
    heard.push(one);
    const code = status(one, heard.length);
    response
      .writeHead(code)
      .end(
        JSON.stringify(
          code === 201 ? { id: null, result: "captured" } : { result: "refused", error: { retryable: code === 503 } },
        ),
      );
  };
  const started = createServer((request, response) => void answer(request, response).catch(() => undefined));
  server = started;
  await new Promise<void>((resolve) => started.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(started.address() as AddressInfo).port}`, heard };
};

/** Pauses are short: how long they are is not what is asked here. */
const clock: SimClock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 100, signal) };

const never = new AbortController().signal;

describe("a simulated smart scale", () => {
  it("sends a message again until it is answered, the same each time, and says so", async () => {
    const gateway = await startGateway((_heard, count) => (count < 3 ? 503 : 201));
    const oracle = createMemoryOracle();
    const config = smartScaleSchema.parse({ id: "s1", kind: "smart-scale", url: gateway.url, secret: "x" });
    const running = startSmart(config, 1, oracle, clock);
    await running.play(
      { do: "sell", weight: "1.25", unit: "斤", unitPriceFen: 450, item: "1", chosenBy: "vision" },
      never,
    );
    await running.device.drained();
    expect(new Set(gateway.heard.map(({ body }) => body)).size).toBe(1);
    expect(gateway.heard).toHaveLength(3);
    expect(oracle.entries.map(({ event }) => event)).toEqual(["message-said", "message-acknowledged"]);
    await running.device.stop();
  });

  it("gives every message an id of its own, and sells, refunds and voids as the interface says", async () => {
    const gateway = await startGateway(() => 201);
    const oracle = createMemoryOracle();
    const faults = { duplicate: 1 };
    const config = smartScaleSchema.parse({ id: "s1", kind: "smart-scale", url: gateway.url, secret: "x", faults });
    const running = startSmart(config, 1, oracle, clock);
    const spec = { unit: "斤", unitPriceFen: 450, item: "1", chosenBy: "vision" } as const;
    await running.play({ do: "sell", weight: "1.25", ...spec }, never);
    await running.play({ do: "refund" }, never);
    await running.play({ do: "sell", count: 3, ...spec }, never);
    await running.play({ do: "void" }, never);
    await running.device.drained();
    const said = oracle.entries.flatMap((entry) => (entry.event === "message-said" ? [entry] : []));
    const sales = said.map(({ text }) => saleMessageSchema.parse(JSON.parse(text)));
    expect(sales.map(({ type, amountFen }) => `${type} ${amountFen}`)).toEqual([
      "sale 563",
      "refund -563",
      "sale 1350",
      "void -1350",
    ]);
    expect(sales[1]?.refersTo).toEqual({ receipt: sales[0]?.receipt, message: sales[0]?.id });
    expect(new Set(sales.map(({ id }) => id)).size).toBe(4);
    expect(gateway.heard.length).toBeGreaterThan(4);
    await running.device.stop();
  });

  it("puts down a message that is refused for good, and one that was cut off is sent again", async () => {
    const gateway = await startGateway(({ body }) => (body.includes('"item":"bad"') ? 422 : 201));
    const oracle = createMemoryOracle();
    const faults = { cut: 0.5 };
    const config = smartScaleSchema.parse({ id: "s1", kind: "smart-scale", url: gateway.url, secret: "x", faults });
    const running = startSmart(config, 5, oracle, clock);
    const spec = { unit: "斤", unitPriceFen: 450, count: 1, chosenBy: "keyed" } as const;
    for (const item of ["bad", "good"]) await running.play({ do: "sell", item, ...spec }, never);
    await running.device.drained();
    expect(oracle.entries.map(({ event }) => event)).toEqual([
      "message-said",
      "message-refused",
      "message-said",
      "message-acknowledged",
    ]);
    await running.device.stop();
  });

  it("asks what is honest, to the fen", () => {
    const spec = { item: "1", unit: "斤", chosenBy: "keyed" };
    expect(honestAmountFen({ ...spec, weight: "1.25", unitPriceFen: 450 })).toBe(563);
    expect(honestAmountFen({ ...spec, weight: "0.333", unitPriceFen: 1000 })).toBe(333);
    expect(honestAmountFen({ ...spec, count: 3, unitPriceFen: 150 })).toBe(450);
    expect(() => honestAmountFen({ ...spec, unitPriceFen: 1 })).toThrow(
      expect.objectContaining({ code: "SIM_VALUE_INVALID" }),
    );
  });
});

describe("a load of smart devices", () => {
  const options = { devices: 2, rateHz: 5, host: "", port: 0, seed: 3 };
  const smart = { url: "http://127.0.0.1:1", credentials: ["a", "b", "c"].map((device) => ({ device, secret: "x" })) };

  it.each(["smart-scale", "smart-tester"])("of %s is the same for the same seed", (kind) => {
    const load = loadScenarioOf({ ...options, kind, smart });
    expect(load).toEqual(loadScenarioOf({ ...options, kind, smart }));
    expect(load).not.toEqual(loadScenarioOf({ ...options, kind, smart, seed: 4 }));
    expect(load.devices.map(({ id }) => id)).toEqual(["a", "b"]);
  });

  it("needs a secret for each", () => {
    for (const given of [undefined, { ...smart, credentials: [] }]) {
      expect(() => loadScenarioOf({ ...options, kind: "smart-scale", smart: given })).toThrow(
        expect.objectContaining({ code: "CONFIG_INVALID", field: "--credentials" }),
      );
    }
  });
});
