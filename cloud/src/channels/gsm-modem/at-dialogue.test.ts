import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AtCommand, AtDialogue, type AtResult, type Unsolicited } from "./at-dialogue.ts";
import { AtLines } from "./at-lines.ts";

/** A dialogue whose time passes only when a test says so. */
const dialogue = () => {
  const written: string[] = [];
  const unsolicited: Unsolicited[] = [];
  const waiting = new Set<() => void>();
  const under = new AtDialogue({
    ports: {
      later: (task) => {
        waiting.add(task);
        return () => void waiting.delete(task);
      },
    },
    write: (text) => void written.push(text),
    onUnsolicited: (said) => void unsolicited.push(said),
  });
  const expire = (): void => {
    for (const task of waiting) task();
  };
  return { under, written, unsolicited, waiting, expire };
};

const submit: AtCommand = { text: "AT+CMGS=19", prefix: "+CMGS:", pdu: "0011AB", timeoutMs: 1 };
const list: AtCommand = { text: "AT+CMGL=4", prefix: "+CMGL:", hasPdus: true, timeoutMs: 1 };
const latin1 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));

/** Everything that a modem may say while it takes a message, with its echo and with other things in between. */
const submission =
  'AT+CMGS=19\r\r\nRING\r\n\r\n+CREG: 1\r\n\r\n> 0011AB\u001a\r\n+CMTI: "SM",3\r\n\r\n+CDS: 24\r\nA0B1\r\n\r\n+CMGS: 17\r\n\r\nOK\r\n';
const listing = "\r\n+CMGL: 1,1,,3\r\n0102\r\n+CMGL: 2,0,,3\r\n\r\n+CDS: 24\r\nC0C1\r\n0304\r\n^RSSI: 17\r\n\r\nOK\r\n";

describe("a dialogue with a modem", () => {
  it("is the same however the bytes were cut on the way", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(submission, listing), fc.array(fc.nat(12)), async (said, cuts) => {
        const { under, written, unsolicited } = dialogue();
        const isSubmission = said === submission;
        const result = under.run(isSubmission ? submit : list);
        let at = 0;
        for (const cut of [...cuts, said.length]) {
          under.hear(latin1(said.slice(at, at + cut)));
          at += cut;
        }
        const lines = isSubmission
          ? [{ text: "17", pdu: "" }]
          : [
              { text: "1,1,,3", pdu: "0102" },
              { text: "2,0,,3", pdu: "0304" },
            ];
        expect(await result).toEqual({ type: "ok", lines });
        const told = { line: "+CDS: 24", pdu: isSubmission ? "A0B1" : "C0C1" };
        expect(unsolicited).toEqual(isSubmission ? [{ line: '+CMTI: "SM",3', pdu: "" }, told] : [told]);
        if (isSubmission) expect(written).toEqual(["AT+CMGS=19\r", "0011AB\u001a"]);
      }),
    );
  });

  it("hears a report whose PDU comes only after the next command was said", async () => {
    const { under, unsolicited } = dialogue();
    under.hear(latin1("\r\n+CDS: 24\r\n"));
    const result = under.run({ text: "AT", timeoutMs: 1 });
    under.hear(latin1("A0B1\r\n\r\nOK\r\n"));
    expect(await result).toEqual({ type: "ok", lines: [] });
    expect(unsolicited).toEqual([{ line: "+CDS: 24", pdu: "A0B1" }]);
  });

  it.each<[string, (hear: (text: string) => void) => void, boolean]>([
    ["before the modem asked for it", () => undefined, false],
    ["after it was handed over", (hear) => hear("\r\n> "), true],
  ])("knows of a message that ends in silence %s whether it may be out", async (_, before, handedOver) => {
    const { under, expire } = dialogue();
    const result = under.run(submit);
    before((text) => under.hear(latin1(text)));
    expire();
    expect(await result).toEqual({ type: "silence", reason: "no answer to AT+CMGS", handedOver });
  });

  it("gives the rest of a long answer its time anew with every line", async () => {
    const { under, waiting, expire } = dialogue();
    const result = under.run(list);
    const [first] = waiting;
    under.hear(latin1("\r\n+CMGL: 1,1,,3\r\n0102\r\n"));
    expect([waiting.size, first !== undefined && waiting.has(first)]).toEqual([1, false]);
    under.hear(latin1("RING\r\n+CMGL: 2,1,,3\r\n0304\r\nOK\r\n"));
    expect(await result).toMatchObject({ type: "ok", lines: [{ pdu: "0102" }, { pdu: "0304" }] });
    expect(waiting.size).toBe(0);
    const other = under.run(list);
    under.hear(latin1("\r\n+CMGL: 1,1,,3\r\n"));
    expire();
    expect(await other).toMatchObject({ type: "silence" });
  });

  it("ends with the port", async () => {
    const { under } = dialogue();
    const result = under.run(submit);
    under.hear(latin1("> "));
    under.end("unplugged");
    expect(await result).toEqual({ type: "gone", reason: "unplugged", handedOver: true });
    expect(await under.run(submit)).toEqual({ type: "gone", reason: "unplugged", handedOver: false });
  });

  it("takes no prompt that was not asked for, and no answer to nothing", async () => {
    const { under, written } = dialogue();
    under.hear(latin1("\r\n> \r\nOK\r\n+CMGS: 1\r\n"));
    const result: Promise<AtResult> = under.run({ text: "AT", timeoutMs: 1 });
    under.hear(latin1("\r\n+CMS ERROR: 500\r\n"));
    expect(await result).toEqual({ type: "error", error: "+CMS ERROR: 500" });
    expect(written).toEqual(["AT\r"]);
  });

  it("shows no values of commands: they may be secret", async () => {
    const { under, expire } = dialogue();
    const result = under.run({ text: 'AT+CPIN="1234"', timeoutMs: 1 });
    expire();
    expect(JSON.stringify(await result)).not.toContain("1234");
  });
});

describe("lines", () => {
  it("that never end are dropped, and the next one is heard", () => {
    const lines = new AtLines();
    for (let count = 0; count < 1_000; count++) {
      expect([...lines.push(latin1("x".repeat(1_000)), () => true)]).toEqual([]);
    }
    expect([...lines.push(latin1("\r\nOK\r\n"), () => true)]).toEqual([{ type: "line", line: "OK" }]);
  });
});
