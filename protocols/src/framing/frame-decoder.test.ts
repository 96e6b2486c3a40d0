import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, toHex } from "../bytes/bytes.ts";
import { createByteQueue } from "./byte-queue.ts";
import type { DiscardedEvent } from "./discarded-event.ts";
import { createFrameDecoder, type FrameGrammar, maxDiscardBytes } from "./frame-decoder.ts";

interface Word {
  readonly event: "word";
  readonly raw: Uint8Array;
}

/** `<`, letters, `>`: the smallest protocol that can be damaged. A `!` after it belongs to it when it comes. */
const words: FrameGrammar<Word> = {
  isStart: (byte) => byte === 0x3c,
  examine: (window, { ended }) => {
    for (const [at, byte] of window.entries()) {
      if (at === 0) continue;
      if (byte === 0x3e) {
        if (window.length === at + 1 && !ended) return { kind: "more" };
        const length = window[at + 1] === 0x21 ? at + 2 : at + 1;
        return { kind: "accept", length, event: { event: "word", raw: window.slice(0, length) } };
      }
      if (byte === 0x3c) return { kind: "reject", length: at, reason: "bad-length", whole: false };
      if (byte < 0x61) return { kind: "reject", length: at + 1, reason: "bad-field", whole: false };
    }
    return { kind: "more" };
  },
};

const said = (events: readonly (Word | DiscardedEvent)[]): string[] =>
  events.map((event) => {
    const text = String.fromCharCode(...(event.event === "word" ? event.raw : event.bytes));
    return event.event === "word" ? text : `${event.reason}:${text}`;
  });

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

const decode = (...pieces: readonly string[]): string[] => {
  const decoder = createFrameDecoder(words, 16);
  return said([...pieces.flatMap((piece) => decoder.push(ascii(piece))), ...decoder.end()]);
};

describe("frame decoder", () => {
  it("shows frames and everything between them, in order", () => {
    expect(decode("xx<ab>yy<cd>!<e")).toEqual(["noise:xx", "<ab>", "noise:yy", "<cd>!", "incomplete:<e"]);
  });

  it("gives a start inside a damaged frame its own chance", () => {
    expect(decode("<a<b>")).toEqual(["bad-length:<a", "<b>"]);
    expect(decode("<a1<b>")).toEqual(["bad-field:<a1", "<b>"]);
  });

  it("gives up a frame that never ends, and goes on behind it", () => {
    expect(decode(`<${"a".repeat(30)}<b>`)).toEqual([
      `buffer-overflow:<${"a".repeat(15)}`,
      `noise:${"a".repeat(15)}`,
      "<b>",
    ]);
  });

  it("completes what only awaited an optional last byte when the line goes quiet", () => {
    const decoder = createFrameDecoder(words, 16);
    expect(decoder.push(ascii("zz<ab>"))).toHaveLength(1);
    expect(said(decoder.idle())).toEqual(["<ab>"]);
    expect(said(decoder.push(ascii("!<")))).toEqual(["noise:!"]);
    expect(decoder.idle()).toEqual([]);
    expect(toHex(decoder.pending())).toBe("3c");
  });

  it("asks the grammar once per decision, so that it may learn from what it sees", () => {
    let asked = 0;
    const counting: FrameGrammar<Word> = {
      isStart: (byte) => words.isStart(byte),
      examine: (window, view) => {
        asked++;
        return words.examine(window, view);
      },
    };
    const decoder = createFrameDecoder(counting, 16);
    decoder.push(ascii("<ab>"));
    asked = 0;
    decoder.idle();
    expect(asked).toBe(1);
  });

  it("shows noise in pieces of bounded size", () => {
    const sizes = createFrameDecoder(words, 16)
      .push(new Uint8Array(1000))
      .map((event) => (event.event === "discarded" ? event.bytes.length : 0));
    expect(sizes).toEqual([maxDiscardBytes, maxDiscardBytes, maxDiscardBytes]);
  });

  it("gives the same events however the bytes are cut", () => {
    const text = fc.string({ unit: fc.constantFrom("<", ">", "!", "a", "1"), maxLength: 60 });
    fc.assert(
      fc.property(text, fc.array(fc.nat({ max: 60 }), { maxLength: 5 }), (whole, cuts) => {
        const places = [0, ...cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b), whole.length];
        const pieces = places.slice(1).map((to, index) => whole.slice(places[index], to));
        expect(decode(...pieces)).toEqual(decode(whole));
        expect(
          decode(...pieces)
            .map((event) => event.replace(/^[a-z-]+:/, ""))
            .join(""),
        ).toBe(whole);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("byte queue", () => {
  it("gives back what it got, in order, through any appends and takes", () => {
    const step = fc.oneof(fc.uint8Array({ maxLength: 700 }), fc.nat({ max: 900 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const queue = createByteQueue();
        let expected: Uint8Array = new Uint8Array(0);
        for (const one of steps) {
          if (typeof one === "number") {
            expect(toHex(queue.take(one))).toBe(toHex(expected.subarray(0, one)));
            expected = expected.slice(one);
          } else {
            queue.append(one);
            expected = concat(expected, one);
          }
          expect(toHex(queue.view())).toBe(toHex(expected));
          expect(queue.length).toBe(expected.length);
        }
      }),
    );
  });
});
