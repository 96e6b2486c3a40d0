import { encodeRecord, type Line, type RecordTime } from "@mingcheng/protocols";
import { describe, expect, it } from "vitest";
import { offsetText } from "../../src/clock/offset-text.ts";
import { wallText } from "../../src/clock/wall-text.ts";
import { DayBook } from "../../src/market-screen/day-book.ts";
import type { MarketScreenParts } from "../../src/market-screen/market-screen-parts.ts";
import type { Commit } from "../../src/outbox/outbox.ts";

const line: Line = { gw: "market-a", ep: 1, eid: "a".repeat(32) };
const noon = Date.parse(
  `${wallText(Date.parse("2026-11-25T04:00:00Z")).slice(0, 10)}T12:00:00${wallText(0).slice(23)}`,
);
const hourMs = 3_600_000;

/** A gateway with records on disk and a clock that a test sets. */
class Box {
  nowMs = noon;
  bootedMs = noon - 100 * hourMs;
  boot = "this-boot";
  sync: RecordTime["sync"] = "ntp";
  readonly #records: Uint8Array[] = [];
  #listener = (_commit: Commit): void => undefined;
  readonly parts = {
    clock: {
      wall: () => wallText(this.nowMs),
      time: () => this.#time(),
    },
    outbox: {
      inventory: () => [{ ...line, held: [], urgent: this.#records.map((_, index) => index + 1) }],
      read: (_line: unknown, first: number, last: number) =>
        Promise.resolve({ first, last, prev: "", h: "", records: this.#records.slice(first - 1, last) }),
      onCommit: (listener: (commit: Commit) => void) => {
        this.#listener = listener;
        return () => undefined;
      },
    },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  } as unknown as MarketScreenParts;

  #time(): RecordTime {
    const { nowMs, bootedMs, boot, sync } = this;
    return { wall: wallText(nowMs), mono_ms: nowMs - bootedMs, boot, sync, err_ms: null };
  }

  /** The clock of the box was wrong by so much all the time: it is set now. */
  set(byMs: number): void {
    this.nowMs += byMs;
    this.bootedMs += byMs;
  }

  test(specimenId: string, item = "韭菜"): void {
    const seq = this.#records.length + 1;
    const body = {
      ...{ protocol: "lis", instrument: { name: "", version: "", serial: "" }, specimenId, item },
      ...{ assay: { code: "OP", name: "" }, value: "8", number: "8", unit: "%", flags: "N", status: "F" },
      ...{ verdict: "negative", verdictRule: "", instrumentVerdict: "negative", startedAt: "", completedAt: "" },
      resendOf: null,
    };
    const t = this.#time();
    const rest = { dev: "tester-1", n: seq, kind: "test", t, salt: "a".repeat(32), body, raw: "" };
    this.#records.push(encodeRecord({ v: 1, ...line, seq, ...rest } as never));
    this.#listener({ line, first: seq, last: seq, h: "", bytes: 0, urgent: [seq] });
  }
}

const countOf = async (book: DayBook): Promise<readonly [number, number]> => {
  await book.ready();
  const { tests, undated } = book.today();
  return [tests.length, undated];
};

describe("the day book of the market's screen", () => {
  it("holds today's results of the disk and those that come, each once however often it is repeated", async () => {
    const box = new Box();
    box.nowMs = noon - 24 * hourMs;
    box.test("yesterday");
    box.nowMs = noon - hourMs;
    box.test("s1");
    box.test("s0");
    box.nowMs = noon;
    const book = new DayBook(box.parts, wallText);
    expect((await countOf(book))[0]).toBe(2);
    box.test("s2");
    box.test("s2");
    expect((await countOf(book))[0]).toBe(3);
  });

  it("keeps to the market's calendar where the machine has another", async () => {
    const box = new Box();
    box.nowMs = Date.parse("2026-11-25T15:59:00Z");
    box.test("s1");
    const book = new DayBook(box.parts, offsetText("+08:00"));
    expect([await countOf(book), book.today().day]).toEqual([[1, 0], "2026-11-25"]);
    // Midnight in Shanghai, afternoon in UTC.
    box.nowMs = Date.parse("2026-11-25T16:00:00Z");
    expect([await countOf(book), book.today().day]).toEqual([[0, 0], "2026-11-26"]);
  });

  it("begins anew at midnight", async () => {
    const box = new Box();
    box.test("s1");
    const book = new DayBook(box.parts, wallText);
    expect(await countOf(book)).toEqual([1, 0]);
    box.nowMs += 13 * hourMs;
    expect(await countOf(book)).toEqual([0, 0]);
    box.test("s2");
    expect(await countOf(book)).toEqual([1, 0]);
  });

  it("dates what was tested before the clock was set by what the clock says now, in the same run of the machine", async () => {
    const box = new Box();
    box.set(-noon);
    box.sync = "none";
    box.test("s1");
    const book = new DayBook(box.parts, wallText);
    expect(await countOf(book)).toEqual([1, 0]);
    box.set(noon);
    box.sync = "receipt";
    expect(await countOf(book)).toEqual([1, 0]);
    expect(book.today().tests[0]?.atMs).toBe(noon);
  });

  it("does not guess the day of what an earlier run tested without a clock, and says how many there are", async () => {
    const box = new Box();
    box.boot = "earlier-boot";
    box.sync = "none";
    box.test("s1");
    box.boot = "this-boot";
    box.sync = "ntp";
    box.test("s2");
    expect(await countOf(new DayBook(box.parts, wallText))).toEqual([1, 1]);
  });
});
