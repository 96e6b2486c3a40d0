import { encodeDahuaPlu, encodeDahuaSale } from "@mingcheng/protocols/devices";
import { describe, expect, it } from "vitest";
import { dahuaTmDriver } from "../src/drivers/dahua-tm.ts";
import { type Bench, type Connection, createBench } from "./driver-contract-bench.ts";

interface Kept {
  readonly grams: number;
  readonly minute: string;
}

const recordOf = (number: number, sale: Kept | undefined): Uint8Array =>
  encodeDahuaSale(
    number,
    sale === undefined
      ? undefined
      : {
          number,
          time: `240517${sale.minute}`,
          plu: 7,
          byPiece: false,
          quantity: sale.grams,
          unitPriceFen: 1000,
          amountFen: sale.grams,
        },
  );

/** A scale's memory on the device's end of a connection; answers every read. */
const serve = (bench: Bench, connection: Connection, memory: () => readonly Kept[], tellsNames = true) => {
  let answered = bench.written.length;
  return async (forMs: number): Promise<void> => {
    for (let passed = 0; passed < forMs; passed += 50) {
      await bench.clock.advance(50);
      const asked = String.fromCharCode(...bench.written.slice(answered));
      answered = bench.written.length;
      for (const [, number = ""] of asked.matchAll(/!0J(\d{4})A/g)) {
        await connection.device.write(recordOf(Number(number), memory()[Number(number) - 1]));
      }
      for (const [, plu = ""] of tellsNames ? asked.matchAll(/!0U(\d{4})A/g) : []) {
        const name = Uint8Array.of(0xb0, 0xd7, 0xb2, 0xcb);
        await connection.device.write(encodeDahuaPlu({ plu, itemCode: 7, unitPriceFen: 1000, name }));
      }
    }
  };
};

const numbers = (bench: Bench): unknown[] => bench.stored.map(({ body }) => body["number"]);
const first: Kept = { grams: 780, minute: "0801" };
const second: Kept = { grams: 250, minute: "0802" };

describe("sales records of a Dahua TM", () => {
  it("are read in order, each once, with what the scale computed", async () => {
    const bench = createBench(dahuaTmDriver);
    const connection = bench.connect();
    await serve(bench, connection, () => [first, second])(3000);
    expect(numbers(bench)).toEqual(["0001", "0002"]);
    expect(bench.stored[0]?.body).toMatchObject({
      amountFen: 780,
      at: "2024-05-17T08:01",
      lines: [
        {
          item: "0007",
          name: "白菜",
          weight: "0.780",
          unit: "kg",
          grams: "780",
          unitPriceFen: 1000,
          mismatch: false,
          differenceFen: "0",
        },
      ],
    });
    // The name is asked for once, not with every sale.
    expect(String.fromCharCode(...bench.written).match(/!0U/g)).toHaveLength(1);
    connection.abort();
    await connection.running;
  });

  it("have no name where the scale does not tell it, or nobody asked", async () => {
    const silent = createBench(dahuaTmDriver);
    const connection = silent.connect();
    await serve(silent, connection, () => [first, second], false)(6000);
    expect(numbers(silent)).toEqual(["0001", "0002"]);
    connection.abort();
    await connection.running;
    const config = dahuaTmDriver.configSchema.parse({ readArticles: false });
    const unasked = createBench(dahuaTmDriver, { config });
    const other = unasked.connect();
    await serve(unasked, other, () => [first])(1000);
    other.abort();
    await other.running;
    const lines = [...silent.stored, ...unasked.stored].flatMap(({ body }) => body["lines"] as object[]);
    expect([lines.length, lines.some((line) => "name" in line)]).toEqual([3, false]);
    expect(String.fromCharCode(...unasked.written)).not.toContain("!0U");
  });

  it("are not stored again by the next process", async () => {
    const before = createBench(dahuaTmDriver);
    const connection = before.connect();
    await serve(before, connection, () => [first])(1500);
    connection.abort();
    await connection.running;
    const bench = createBench(dahuaTmDriver, { before: before.stored });
    const again = bench.connect();
    await serve(bench, again, () => [first, second])(3000);
    expect(numbers(bench)).toEqual(["0001", "0002"]);
    expect(String.fromCharCode(...bench.written.slice(0, 9))).toBe("!0J0002A\r");
    again.abort();
    await again.running;
  });

  it("are read from the beginning when they were erased at the scale, new ones with old numbers included", async () => {
    const bench = createBench(dahuaTmDriver);
    const connection = bench.connect();
    let memory: readonly Kept[] = [first, second];
    const run = serve(bench, connection, () => memory);
    await run(2500);
    memory = [{ grams: 333, minute: "0901" }];
    await run(2500);
    expect(bench.stored.map(({ body }) => [body["number"], body["amountFen"]])).toEqual([
      ["0001", 780],
      ["0002", 250],
      ["0001", 333],
    ]);
    connection.abort();
    await connection.running;
  });

  it("are read again when they could not be stored", async () => {
    const bench = createBench(dahuaTmDriver);
    const connection = bench.connect();
    let full = true;
    bench.storeWith(async (draft) => {
      if (full) throw new Error("disk full");
      bench.stored.push(draft);
    });
    const run = serve(bench, connection, () => [first]);
    await run(1500);
    expect([bench.stored.length, bench.count("capture_failures", "sale") > 0]).toEqual([0, true]);
    full = false;
    await run(1500);
    expect(numbers(bench)).toEqual(["0001"]);
    connection.abort();
    await connection.running;
  });
});
