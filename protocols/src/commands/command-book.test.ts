import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeCrypto, testSigner } from "../../test/node-crypto.ts";
import { toHex, utf8 } from "../bytes/bytes.ts";
import { encodeSigned, signedTags } from "../messages/signed.ts";
import { type Ack, type Command, isFinal } from "./command.ts";
import {
  ackOf,
  type BestClock,
  beginCommand,
  type CommandBook,
  type CommandDecision,
  emptyBook,
  expiredWaiting,
  finishCommand,
  keptCommands,
  maxOpenCommands,
  nextCommand,
  takeCommand,
} from "./command-book.ts";
import { commandReader } from "./read-command.ts";

const gw = "market-a";
const signer = testSigner(7);
const startMs = 1_700_000_000_000;
const good: BestClock = { ms: startMs + 1_000, errMs: 20 };
const wall = "2026-11-25T10:00:00.000+08:00";

const order = (cseq: number, more: Partial<Command> = {}): Command => ({
  ...{ v: 1, gw, cseq, id: `order-${cseq}`, kind: "restart-driver", by: "li", atMs: startMs, ttlMs: 60_000 },
  body: { device: "scale-1" },
  ...more,
});
const payloadOf = (command: Command): string => toHex(nodeCrypto.sha256(utf8(JSON.stringify(command))));
const take = (book: CommandBook, command: Command, clock: BestClock | null = good): CommandDecision =>
  takeCommand(book, { command, payload: payloadOf(command) }, clock, wall);
const bookAfter = (book: CommandBook, decision: CommandDecision): CommandBook =>
  decision.type === "answer" ? book : decision.book;
const finish = (book: CommandBook, cseq: number): CommandBook => {
  const entry = book.entries.find((known) => known.cseq === cseq);
  return entry === undefined ? book : finishCommand(book, cseq, ackOf(entry, "done", null, "", wall));
};

describe("the book of commands", () => {
  it("carries a command out once and answers every redelivery with what was stored", () => {
    const accepted = take(emptyBook, order(1));
    expect(accepted).toMatchObject({ type: "accept", ack: { outcome: "accepted", cseq: 1 } });
    const book = bookAfter(emptyBook, accepted);
    expect(take(book, order(1))).toMatchObject({ type: "answer", isRepeat: true, ack: { outcome: "accepted" } });
    const done = finish(beginCommand(book, 1), 1);
    expect(take(done, order(1))).toMatchObject({ type: "answer", isRepeat: true, ack: { outcome: "done" } });
    // Long after its time, and with a clock that is not known, what was stored is still the answer.
    expect(take(done, order(1), null)).toMatchObject({ isRepeat: true, ack: { outcome: "done" } });
  });

  it("refuses what is replayed, overtaken, or in a place that another has", () => {
    let book = bookAfter(emptyBook, take(emptyBook, order(5)));
    book = bookAfter(book, take(book, order(7)));
    expect(take(book, order(6))).toMatchObject({ type: "answer", ack: { outcome: "refused", reason: "out-of-order" } });
    expect(take(book, order(4))).toMatchObject({ ack: { outcome: "refused", reason: "replayed" } });
    expect(take(book, order(7, { id: "another" }))).toMatchObject({ ack: { reason: "cseq-taken" } });
    expect(take(book, order(8, { id: "order-5" }))).toMatchObject({ type: "close", ack: { reason: "repeated-id" } });
    expect(book.cseq).toBe(7);
  });

  it("runs nothing of which it is not certain that it still may", () => {
    const end = startMs + 60_000;
    const at = (ms: number, errMs: number): CommandDecision => take(emptyBook, order(1), { ms, errMs });
    expect(at(end - 100, 50).type).toBe("accept");
    expect(at(end - 100, 100)).toMatchObject({
      type: "close",
      ack: { outcome: "expired", reason: "may-have-expired" },
    });
    expect(at(end + 100, 200)).toMatchObject({ ack: { reason: "may-have-expired" } });
    expect(at(end + 200, 100)).toMatchObject({ ack: { reason: "expired" } });
    expect(take(emptyBook, order(1), null)).toMatchObject({
      ...{ type: "answer", isRepeat: false },
      ack: { outcome: "waiting", reason: "clock-unknown" },
    });
    expect(expiredWaiting(order(1), { ms: end, errMs: 0 })).toBe("expired");
    expect(expiredWaiting(order(1), null)).toBeNull();
  });

  it("refuses in their place what it does not know and bodies that do not fit", () => {
    expect(take(emptyBook, order(1, { kind: "self-destruct" }))).toMatchObject({
      ...{ type: "close", book: { cseq: 1 } },
      ack: { outcome: "refused", reason: "unknown-kind" },
    });
    expect(take(emptyBook, order(1, { body: { device: "scale-1", loudly: true } }))).toMatchObject({
      ack: { reason: "bad-body" },
    });
    expect(take(emptyBook, order(1, { body: {} }))).toMatchObject({ ack: { reason: "bad-body" } });
  });

  it("lets only so many wait, and asks the others to come again without losing their place", () => {
    let book = emptyBook;
    for (let cseq = 1; cseq <= maxOpenCommands; cseq++) book = bookAfter(book, take(book, order(cseq)));
    const late = order(maxOpenCommands + 1);
    expect(take(book, late)).toMatchObject({ type: "answer", ack: { outcome: "waiting", reason: "queue-full" } });
    expect(nextCommand(book)?.cseq).toBe(1);
    expect(take(finish(book, 1), late).type).toBe("accept");
  });

  it("keeps bounded answers, and none that is still open is dropped", () => {
    let book = bookAfter(emptyBook, take(emptyBook, order(1)));
    for (let cseq = 2; cseq < keptCommands * 2; cseq++) book = finish(bookAfter(book, take(book, order(cseq))), cseq);
    expect(book.entries).toHaveLength(keptCommands + 1);
    expect(nextCommand(book)?.cseq).toBe(1);
    expect(take(book, order(3))).toMatchObject({ ack: { outcome: "refused" } });
  });

  it("never carries anything out twice, never goes back, whatever comes in whatever order", () => {
    const arrivals = fc.array(
      fc.record({
        cseq: fc.integer({ min: 1, max: 8 }),
        id: fc.integer({ min: 1, max: 8 }),
        crash: fc.boolean(),
        late: fc.boolean(),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(arrivals, (list) => {
        let book = emptyBook;
        const begun: string[] = [];
        const finals = new Map<string, Ack>();
        for (const { cseq, id, crash, late } of list) {
          const command = order(cseq, { id: `order-${id}` });
          const before = book.cseq;
          const decision = take(book, command, { ms: startMs + (late ? 90_000 : 0), errMs: 5 });
          book = bookAfter(book, decision);
          expect(book.cseq).toBeGreaterThanOrEqual(before);
          const known = finals.get(payloadOf(command));
          if (known !== undefined) expect(decision).toMatchObject({ type: "answer", ack: known });
          if (isFinal(decision.ack) && decision.type === "close") finals.set(payloadOf(command), decision.ack);
          const next = nextCommand(book);
          if (next === undefined || next.stage === "begun") continue;
          book = beginCommand(book, next.cseq);
          begun.push(next.id);
          const ack = ackOf(next, crash ? "unknown" : "done", crash ? "restarted" : null, "", wall);
          book = finishCommand(book, next.cseq, ack);
          finals.set(next.payload, ack);
        }
        expect(new Set(begun).size).toBe(begun.length);
      }),
    );
  });
});

describe("reading a command", () => {
  const read = commandReader(nodeCrypto, gw, signer.publicKey);
  const signed = (command: Command, by = signer): Uint8Array =>
    encodeSigned(signedTags.command, command.gw, command, by);

  it("takes what the centre's command key signed for this gateway", () => {
    expect(read(signed(order(1)))).toEqual({ payload: expect.stringMatching(/^[0-9a-f]{64}$/), command: order(1) });
  });

  it("names why anything else is none", () => {
    expect(read(signed(order(1), testSigner(8)))).toMatchObject({ fault: "unknown-key" });
    expect(read(signed(order(1, { gw: "market-b" })))).toMatchObject({ fault: "wrong-gateway" });
    expect(read(encodeSigned(signedTags.receipt, gw, order(1), signer))).toMatchObject({ fault: "forged" });
    expect(read(encodeSigned(signedTags.command, gw, { v: 1 }, signer))).toMatchObject({ fault: "malformed" });
    expect(read(utf8("tare!"))).toMatchObject({ fault: "malformed" });
    expect(read(new Uint8Array(300_000))).toMatchObject({ fault: "malformed" });
  });

  it("notices any changed octet", () => {
    const message = signed(order(1));
    fc.assert(
      fc.property(fc.nat(message.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = message.slice();
        changed[at] = (changed[at] ?? 0) ^ by;
        expect(read(changed)).toHaveProperty("fault");
      }),
    );
  });
});
