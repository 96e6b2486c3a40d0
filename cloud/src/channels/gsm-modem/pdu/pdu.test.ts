import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeIncoming, reportState } from "./incoming.ts";
import { PduFault } from "./semi-octets.ts";
import { encodeSubmits } from "./submit.ts";

describe("PDUs as others have published them", () => {
  it.each([
    // "SMS and the PDU format", dreamfabric.com/sms: an abbreviated number, seven bit text.
    [
      "07917283010010F5040BC87238880900F10000993092516195800AE8329BFD4697D9EC37",
      { from: "27838890001", text: "hellohello", stamp: "99032915165908" },
    ],
    // The example in the manual of a modem (jdsms.com.cn/helpdesk/frontArticle/136).
    [
      "07911326040000F0040B911346610089F60000208062917314080CC8F71D14969741F977FD07",
      { from: "+31641600986", text: "How are you?", stamp: "02082619374180" },
    ],
    // The self-test of a decoder in Python: UCS-2 with characters of several scripts.
    [
      "0791227167830001040C912271271640910008906012024514001C002E004020AC00A300680065006C006C006F002000E900EC006B00F0",
      { from: "+221772610419", text: ".@€£hello éìkð", stamp: "09062120544100" },
    ],
  ])("%s", (hex, expected) => {
    expect(decodeIncoming(hex)).toEqual({ type: "message", ...expected });
  });

  it("SMS-SUBMIT: service centre, number and text of a Chinese network", () => {
    // Service centre and number are those of the widely copied example "+8613800250500, 13693092030"; the text is ours.
    const [pdu] = encodeSubmits({
      ...{ to: "+8613693092030", text: "你好", statusReport: true, serviceCentre: "+8613800250500", reference: 7 },
    });
    expect(pdu).toEqual({
      hex: `${"0891683108200505F0"}${"31"}${"00"}${"0D91683196032930F0"}${"00"}${"08"}${"A7"}${"04"}${"4F60597D"}`,
      tpduBytes: 19,
    });
  });
});

/** By hand, from the tables of 3GPP TS 23.040 §9.2.2.3 and §9.2.3.11: taken 2026-11-25 14:05:06 +08:00. */
const report = (status: string): string =>
  `0891683108500005F0${"06"}${"FC"}${"0D91683109002143F6"}${"62115241506023"}${"62115241510023"}${status}`;

describe("a status report", () => {
  it("is read", () => {
    expect(decodeIncoming(report("46"))).toEqual({
      ...{ type: "report", reference: 252, to: "+8613900012346", status: 0x46 },
      takenMs: Date.parse("2026-11-25T06:05:06Z"),
    });
  });

  it.each([
    [0x00, "delivered"],
    [0x01, "undecided"],
    [0x30, "undecided"],
    [0x46, "undelivered"],
    [0x65, "undelivered"],
    [0x80, "undecided"],
  ])("with status %i means %s", (status, state) => {
    expect(reportState(status)).toBe(state);
  });
});

describe("an incoming message", () => {
  // By hand: header of six octets, one fill bit, then the septets of "ok" (TS 23.040 §9.2.3.24, figure 9.2.3.24 (a)).
  const head = "0891683108500005F0440D91683109002143F6";
  const when = "62115241506023";

  it("in parts of seven bit text begins behind a fill bit", () => {
    expect(decodeIncoming(`${head}0000${when}09050003090201DE6B`)).toMatchObject({
      ...{ text: "ok", part: { reference: 9, total: 2, number: 1 } },
    });
  });

  it("with a 16 bit reference", () => {
    expect(decodeIncoming(`${head}0008${when}0B06080401020302${"7B7E6536"}`)).toMatchObject({
      ...{ text: "签收", part: { reference: 0x102, total: 3, number: 2 } },
    });
  });

  it("of an alphanumeric sender", () => {
    // Seven septets are 13 semi-octets, packed by hand.
    expect(decodeIncoming(`00040DD0D6B23C6DCEC7000000${when}00`)).toMatchObject({ from: "Verify1" });
  });

  it("that is binary has no text", () => {
    expect(decodeIncoming(`0891683108500005F0040D91683109002143F60004${when}020102`)).toMatchObject({
      text: undefined,
    });
  });

  it("is refused when it is damaged, and never anything else happens", () => {
    const good = `${head}0008${when}0A0500030902017B7E6536`;
    fc.assert(
      fc.property(
        fc.nat(good.length - 1),
        fc.constantFrom(...Array.from("0123456789ABCDEFX")),
        fc.nat(good.length),
        (at, put, cut) => {
          try {
            decodeIncoming((good.slice(0, at) + put + good.slice(at + 1)).slice(0, cut));
          } catch (error) {
            expect(error).toBeInstanceOf(PduFault);
          }
        },
      ),
    );
  });
});
