import { textParts, ucs2Bytes } from "../../sms/ucs2.ts";
import { encodeAddress, encodeServiceCentre } from "./address.ts";
import { bytesHex } from "./semi-octets.ts";

/** A message to send by a modem. */
export interface Submit {
  /** `+` and digits. */
  readonly to: string;
  readonly text: string;
  readonly statusReport: boolean;
  /** Number of the network's SMS centre; undefined: the one on the SIM. */
  readonly serviceCentre?: string | undefined;
  /** Of a longer message, 0 to 255: the same in all its parts. */
  readonly reference: number;
}

/** A PDU for `AT+CMGS`. */
export interface SubmitPdu {
  readonly hex: string;
  /** Octets without the service centre's: what `AT+CMGS=` wants to know (3GPP TS 27.005 §4.3). */
  readonly tpduBytes: number;
}

/** First octet of SMS-SUBMIT, 3GPP TS 23.040 §9.2.2.2: message type 01, validity period relative. */
const submitType = 0x01;
const relativeValidity = 0x10;
const userDataHeader = 0x40;
const statusReportRequest = 0x20;
/** TP-VP, §9.2.3.12.1: 0xA7 is 24 hours. An alert that is a day old needs no text message. */
const validityDay = 0xa7;
/** TP-DCS, 3GPP TS 23.038 §4: 0x08 is UCS-2. */
const ucs2 = 0x08;

/** Information element 0x00, concatenation with an 8 bit reference, §9.2.3.24.1. */
const partHeader = (reference: number, total: number, number: number): readonly number[] => [
  5,
  0x00,
  3,
  reference,
  total,
  number,
];

/** A text as SMS-SUBMIT, in UCS-2: one PDU for up to 70 units, several linked ones for more. */
export const encodeSubmits = ({ to, text, statusReport, serviceCentre, reference }: Submit): readonly SubmitPdu[] => {
  const parts = textParts(text);
  return parts.map((part, index) => {
    const header = parts.length === 1 ? [] : partHeader(reference & 0xff, parts.length, index + 1);
    const userData = [...header, ...ucs2Bytes(part)];
    const first =
      submitType |
      relativeValidity |
      (statusReport ? statusReportRequest : 0) |
      (header.length > 0 ? userDataHeader : 0);
    // The message reference is set by the modem, §9.2.3.6.
    const tpdu = [first, 0, ...encodeAddress(to), 0, ucs2, validityDay, userData.length, ...userData];
    const hex = bytesHex(Uint8Array.from([...encodeServiceCentre(serviceCentre), ...tpdu]));
    return { hex, tpduBytes: tpdu.length };
  });
};
