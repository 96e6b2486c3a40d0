import { describe, expect, it } from "vitest";
import { fromUtf8 } from "../../bytes/bytes.ts";
import { resultIdentityText } from "../../records/result-identity.ts";
import { createLisLinkDecoder } from "./codec.ts";
import { encodeLisFrame } from "./encode.ts";
import type { LinkFrame } from "./frame.ts";
import { initialReceiver, type ReceiverRules, type ReceiverState, receive, toNeutral } from "./receiver.ts";
import { type ReceivedResult, rawOf, testBodyOf } from "./result.ts";

const rules: ReceiverRules = { encoding: "auto", frameNumbers: "strict" };

const frame = (frameNo: number, text: string, final = true): LinkFrame => {
  const event = createLisLinkDecoder().push(encodeLisFrame({ frameNo, text, final }))[0];
  if (event?.event !== "frame") throw new Error("the encoder wrote no frame");
  return event;
};
const control = (name: "ENQ" | "EOT") => ({ event: "control", raw: new Uint8Array(1), control: name }) as const;

/** Plays events, taking over every state, and lists the answers. */
const play = (events: readonly (LinkFrame | ReturnType<typeof control>)[], bent: ReceiverRules = rules) => {
  let state: ReceiverState = initialReceiver;
  const replies: string[] = [];
  const results: ReceivedResult[] = [];
  for (const event of events) {
    const step = receive(state, event, bent);
    replies.push(step.reason ?? step.reply ?? step.closed ?? "-");
    results.push(...step.results);
    state = step.next;
  }
  return { replies, results, state };
};

const header = frame(1, "H|\\^&|||NC-800^FW1^SN0001\r");
const patient = frame(2, "P|1||||王^小明||19800101|M|||地址||13800000000\r");
const order = frame(3, "O|1|S-0517-03||^^^OP-CARB|R||||||||||韭菜\r");
const result = frame(4, "R|1|^^^OP-CARB|62.3|%||A||F||op1|20240517093000|20240517093015\r");
const terminator = frame(5, "L|1|N\r");
const message = [control("ENQ"), header, patient, order, result, terminator, control("EOT")];

const only = (results: readonly ReceivedResult[]): ReceivedResult => {
  if (results.length !== 1 || results[0] === undefined) throw new Error(`${results.length} results`);
  return results[0];
};

describe("receiving end of the link", () => {
  it("acknowledges a whole message and gives its result with the frame that completes it", () => {
    const { replies, results } = play(message);
    expect(replies).toEqual(["ACK", "ACK", "ACK", "ACK", "ACK", "ACK", "complete"]);
    expect(only(results).context.order?.record.fields[2]).toBe("S-0517-03");
  });

  it("refuses a second ENQ inside a transfer, and a frame outside one", () => {
    expect(play([control("ENQ"), control("ENQ")]).replies).toEqual(["ACK", "busy"]);
    expect(play([header]).replies).toEqual(["no-transfer"]);
    expect(play([control("ENQ"), control("EOT")]).replies).toEqual(["ACK", "aborted"]);
    expect(play([control("EOT")]).replies).toEqual(["-"]);
  });

  it("acknowledges a retransmission and gives nothing twice", () => {
    const { replies, results } = play([control("ENQ"), header, header, patient, order, result, result, terminator]);
    expect(replies.every((reply) => reply === "ACK")).toBe(true);
    expect(results).toHaveLength(1);
  });

  it("refuses damage and missing numbers, and goes on where it was", () => {
    const damaged = { ...header, checksumOk: false };
    expect(play([control("ENQ"), damaged, header, order, patient]).replies).toEqual([
      "ACK",
      "bad-checksum",
      "ACK",
      "out-of-sequence",
      "ACK",
    ]);
  });

  it("takes any number from instruments that do not count, but not the same frame twice", () => {
    const counted = [control("ENQ"), header, frame(1, "R|1|^^^A|1|%\r"), frame(1, "R|2|^^^A|1|%\r")];
    expect(play(counted, { ...rules, frameNumbers: "ignored" }).results).toHaveLength(2);
  });

  it("gives a record that was split over frames with the last of them", () => {
    const parts = [frame(2, "R|1|^^^OP|6", false), frame(3, "2.3|%\r")];
    const { replies, results } = play([control("ENQ"), header, ...parts]);
    expect(replies).toEqual(["ACK", "ACK", "ACK", "ACK"]);
    expect(only(results).result.record.text).toBe("R|1|^^^OP|62.3|%");
  });

  it("refuses a record that does not end", () => {
    const endless = [header, ...[2, 3].map((no) => frame(no, "x".repeat(20_000), false))];
    expect(play([control("ENQ"), ...endless]).replies).toEqual(["ACK", "ACK", "ACK", "record-too-long"]);
  });

  it("gives the same result again while its state is not taken over, as when storing failed", () => {
    let state = initialReceiver;
    for (const event of [control("ENQ"), header, patient, order]) state = receive(state, event, rules).next;
    const [first, again] = [receive(state, result, rules), receive(state, result, rules)];
    expect(only(again.results).result.record.text).toBe(only(first.results).result.record.text);
    expect(again.reply).toBe("ACK");
  });

  it("forgets an unfinished transfer when it is given up", () => {
    const { state } = play([control("ENQ"), header, patient, order]);
    expect(receive(toNeutral(state), result, rules).reason).toBe("no-transfer");
  });
});

describe("body of a test record", () => {
  const received = only(play(message).results);
  const assays = [
    {
      code: "OP-CARB",
      name: "有机磷",
      method: "GB/T 5009.199-2003",
      direction: "above-is-positive",
      positiveFrom: "50",
    },
  ] as const;

  it("holds what the instrument said, judged by the assay", () => {
    expect(testBodyOf(received, assays)).toEqual({
      protocol: "lis",
      instrument: { name: "NC-800", version: "FW1", serial: "SN0001" },
      specimenId: "S-0517-03",
      item: "韭菜",
      assay: { code: "OP-CARB", name: "有机磷" },
      value: "62.3",
      number: "62.3",
      unit: "%",
      flags: "A",
      status: "F",
      verdict: "positive",
      verdictRule: "GB/T 5009.199-2003: positive >= 50",
      instrumentVerdict: "positive",
      startedAt: "20240517093000",
      completedAt: "20240517093015",
      resendOf: null,
    });
  });

  it("keeps no person: the patient record enters neither body nor raw bytes", () => {
    const raw = fromUtf8(rawOf(received)) ?? "";
    expect(raw.split("\r").map((record) => record.slice(0, 2))).toEqual(["H|", "O|", "R|", ""]);
    expect(JSON.stringify(testBodyOf(received, assays)) + raw).not.toMatch(/小明|13800000000|19800101/);
  });

  it("is the same statement whatever rule judges it, and another one when anything said differs", () => {
    const unjudged = testBodyOf(received, []);
    expect(unjudged.verdict).toBe("none");
    const key = resultIdentityText(testBodyOf(received, assays));
    expect(resultIdentityText({ ...testBodyOf(received, assays), resendOf: "x" })).toBe(key);
    expect(resultIdentityText({ ...testBodyOf(received, assays), value: "62.4" })).not.toBe(key);
    expect(resultIdentityText({ ...testBodyOf(received, assays), completedAt: "20240517093016" })).not.toBe(key);
  });
});
