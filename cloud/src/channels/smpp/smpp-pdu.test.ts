import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readReceipt } from "./delivery-receipt.ts";
import { readIncoming } from "./incoming-text.ts";
import { answeredId, fittingForm, plainId } from "./message-id.ts";
import { BadLength, mostPduBytes, PduSplitter } from "./pdu-splitter.ts";
import { bindBody, encodePdu, type Pdu, readDeliver, readMessageId, submitBody } from "./smpp-pdu.ts";

const octets = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replace(/\s|#.*$/gmu, ""), "hex"));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/**
 * The example of SMPP 3.4 issue 1.2 §3.2.3 (a bind_transmitter_req of 47 octets), with what a transceiver of version 3.4
 * without address range has in its place, from the tables §5.1.2.1, §4.1.5 and §5.2.4: 0x09, 0x34, 0, 0.
 */
const specExample = octets(`
  00 00 00 2F 00 00 00 02 00 00 00 00 00 00 00 01
  53 4D 50 50 33 54 45 53 54 00  # SMPP3TEST
  73 65 63 72 65 74 30 38 00     # secret08
  53 55 42 4D 49 54 31 00        # SUBMIT1
  00 01 01 00`);

/** Worked out by hand from the tables §4.4.1 and §5.2: UCS-2 "你好" to +8613900001234 from 10690001, receipt wanted. */
const submitExample = octets(`
  00                                        # service_type
  00 01 31 30 36 39 30 30 30 31 00          # source: TON unknown, NPI ISDN
  01 01 38 36 31 33 39 30 30 30 30 31 32 33 34 00   # destination: international, ISDN
  00 00 00 00 00                            # esm_class, protocol_id, priority_flag, both times
  01 00 08 00                               # registered_delivery, replace_if_present, data_coding UCS-2, default id
  04 4F 60 59 7D                            # sm_length, short_message`);

/** A receipt as in appendix B, with the parameters of §5.3.2.12, §5.3.2.35 and §5.3.2.31, by hand. */
const receiptText =
  "id:0439041101 sub:001 dlvrd:000 submit date:2611250605 done date:2611250607 stat:UNDELIV err:027 Text:id:666 stat:DELIVRD";
const deliverBody = (esmClass: string, coding: string, message: Uint8Array, tags = ""): Uint8Array =>
  octets(`00 01 01 38 36 31 33 39 30 30 30 30 31 32 33 34 00 00 01 31 30 36 39 30 30 30 31 00
    ${esmClass} 00 00 00 00 00 00 ${coding} 00 ${hex(Uint8Array.of(message.length))} ${hex(message)} ${tags}`);
const tags = "001E 000A 343339303431313031 00  0427 0001 05  0423 0003 03 001B";

describe("units as the standard has them", () => {
  it("signing in", () => {
    const body = bindBody({ systemId: "SMPP3TEST", password: "secret08", systemType: "SUBMIT1" });
    const expected = Uint8Array.from(specExample);
    expected[7] = 0x09;
    expected.set([0x34, 0, 0, 0], expected.length - 4);
    expect(hex(encodePdu({ id: 9, status: 0, sequence: 1, body }))).toBe(hex(expected));
  });

  it("a message", () => {
    const body = submitBody({
      source: { ton: 0, npi: 1, digits: "10690001" },
      destination: { ton: 1, npi: 1, digits: "8613900001234" },
      ...{ registeredDelivery: 1, dataCoding: 8, message: octets("4F60597D") },
    });
    expect(hex(body)).toBe(hex(submitExample));
  });

  it("a message of more than one segment goes as message_payload", () => {
    const message = new Uint8Array(142).fill(0x4e);
    const address = { ton: 0, npi: 0, digits: "1" };
    const body = submitBody({ source: address, destination: address, registeredDelivery: 0, dataCoding: 8, message });
    expect(hex(body)).toMatch(/00080000 ?0424008e(?:4e){142}$/u);
  });

  it("a receipt, in text, in parameters, in both", () => {
    const ascii = Uint8Array.from(Buffer.from(receiptText, "ascii"));
    const both = readReceipt(readDeliver(deliverBody("04", "00", ascii, tags)));
    expect(both).toEqual({ id: "439041101", idFrom: "parameter", state: "UNDELIV", error: "027" });
    const text = readReceipt(readDeliver(deliverBody("04", "00", ascii)));
    expect(text).toEqual({ id: "0439041101", idFrom: "text", state: "UNDELIV", error: "027" });
    const parameters = readReceipt(readDeliver(deliverBody("04", "00", new Uint8Array(), tags)));
    expect(parameters).toEqual({ id: "439041101", idFrom: "parameter", state: "UNDELIV", error: "027" });
  });

  it("no receipt is what a telephone sends that looks like one", () => {
    const ascii = Uint8Array.from(Buffer.from(receiptText, "ascii"));
    expect(readReceipt(readDeliver(deliverBody("00", "00", ascii)))).toBeUndefined();
  });

  it("a text in the network's alphabet, with a character of the extension table", () => {
    expect(readIncoming(readDeliver(deliverBody("00", "00", octets("00 1B 65 37 34 33 31")))).text).toBe("@€7431");
  });

  it("parts by sar_ parameters", () => {
    const sar = "020C 0002 0102  020E 0001 02  020F 0001 01";
    const incoming = readIncoming(readDeliver(deliverBody("00", "08", octets("7B7E"), sar)));
    expect(incoming).toEqual({ text: "签", part: { reference: 0x102, total: 2, number: 1 } });
  });

  it("binary messages are no text", () => {
    expect(readIncoming(readDeliver(deliverBody("00", "04", octets("0102")))).text).toBeUndefined();
  });

  it("an answer with or without an id", () => {
    expect(readMessageId(octets("31 41 00"))).toBe("1A");
    expect(readMessageId(octets(""))).toBe("");
  });
});

describe("cutting into units", () => {
  const pdu = fc.record({
    ...{ id: fc.nat(), status: fc.nat(), sequence: fc.nat() },
    body: fc.uint8Array({ maxLength: 300 }),
  });

  it("gives the same units however the bytes were cut", () => {
    fc.assert(
      fc.property(fc.array(pdu, { maxLength: 8 }), fc.array(fc.nat(60)), (pdus, cuts) => {
        const bytes = Buffer.concat(pdus.map(encodePdu));
        const splitter = new PduSplitter();
        const got: Pdu[] = [];
        let at = 0;
        for (const cut of [...cuts, bytes.length]) {
          got.push(...splitter.push(bytes.subarray(at, at + cut)));
          at += cut;
        }
        expect(got).toEqual(pdus);
      }),
    );
  });

  it.each([0, 4, 15, mostPduBytes + 1, 0xffffffff])("refuses a length of %i at once", (length) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(length);
    expect(() => [...new PduSplitter().push(bytes)]).toThrow(BadLength);
  });

  it("reads a damaged body without anything but a refusal", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (body) => {
        try {
          const deliver = readDeliver(body);
          readReceipt(deliver);
          readIncoming(deliver);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});

describe("ids of messages", () => {
  it("are compared without case and leading zeros", () => {
    expect([plainId("00A1"), plainId("0"), plainId("000")]).toEqual(["a1", "0", "0"]);
  });

  it("are brought into the form of the answer", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n }), (number) => {
        const [decimal, inHex] = [number.toString(), number.toString(16).toUpperCase()];
        expect(answeredId(decimal.padStart(20, "0"), "hex-then-decimal")).toBe(plainId(inHex));
        expect(answeredId(inHex, "decimal-then-hex")).toBe(plainId(decimal));
        expect(answeredId(inHex, "as-is")).toBe(plainId(inHex));
      }),
    );
  });

  it("hint at the form that fits", () => {
    expect(fittingForm("439041101", "as-is", (id) => id === "1a2b3c4d")).toBe("hex-then-decimal");
    expect(fittingForm("1a2b3c4d", "as-is", (id) => id === "1a2b3c4d")).toBeUndefined();
  });
});
