import { gsmText, unpackSeptets } from "../../sms/gsm-alphabet.ts";
import { type Part, partOf } from "../../sms/parted-texts.ts";
import { ucs2Text } from "../../sms/ucs2.ts";
import { decodeAddress } from "./address.ts";
import { hexBytes, PduFault, PduReader, unpackDigits } from "./semi-octets.ts";

/** What a modem received. */
export type Incoming =
  | {
      readonly type: "message";
      readonly from: string;
      /** Undefined: binary. */
      readonly text: string | undefined;
      readonly part?: Part;
      /** When the network's SMS centre had it, as it stands in the PDU: tells equal messages apart. */
      readonly stamp: string;
    }
  | {
      readonly type: "report";
      /** What `+CMGS` answered, 0 to 255. */
      readonly reference: number;
      readonly to: string;
      /** When the network's SMS centre took the message, milliseconds since 1970; undefined when that is no time. */
      readonly takenMs: number | undefined;
      /** TP-ST, 3GPP TS 23.040 §9.2.3.15. */
      readonly status: number;
    };

const typeMask = 0x03;
const [deliverType, reportType] = [0x00, 0x02];
const userDataHeader = 0x40;

type Alphabet = "gsm" | "ucs2" | "binary";

/** Alphabet of a data coding scheme, 3GPP TS 23.038 §4. Compressed texts count as binary: nobody sends them. */
const alphabetOf = (scheme: number): Alphabet => {
  const group = scheme >> 4;
  if (group < 0x8 && (scheme & 0x20) !== 0) return "binary";
  if (group < 0x8) return (["gsm", "binary", "ucs2", "gsm"] as const)[(scheme >> 2) & 0x03] ?? "gsm";
  if (group === 0xf) return (scheme & 0x04) === 0 ? "gsm" : "binary";
  if (group === 0xe) return "ucs2";
  return group === 0xc || group === 0xd ? "gsm" : "binary";
};

const octetsOf = (alphabet: Alphabet, length: number): number =>
  alphabet === "gsm" ? Math.ceil((length * 7) / 8) : length;

/** User data, §9.2.3.24. Behind a header the text of septets begins at the next septet boundary. */
const readUserData = (
  bytes: Uint8Array,
  {
    alphabet,
    length,
    hasHeader,
  }: { readonly alphabet: Alphabet; readonly length: number; readonly hasHeader: boolean },
): { readonly text: string | undefined; readonly part?: Part } => {
  const headerOctets = hasHeader ? 1 + (bytes[0] ?? 0) : 0;
  if (headerOctets > bytes.length) throw new PduFault("its header ends too early");
  const part = hasHeader ? partOf(bytes.subarray(1, headerOctets)) : undefined;
  const of = part === undefined || part.total < 2 ? {} : { part };
  if (alphabet === "ucs2") return { text: ucs2Text(bytes.subarray(headerOctets)), ...of };
  if (alphabet === "binary") return { text: undefined };
  const skipped = Math.ceil((headerOctets * 8) / 7);
  return { text: gsmText(unpackSeptets(bytes, length - skipped, skipped * 7)), ...of };
};

const quarterMs = 15 * 60_000;

/** A time stamp, §9.2.3.11: local time in pairs of semi-octets, then its zone in quarters of an hour, bit 3 its sign. */
const timeOf = (bytes: Uint8Array): number | undefined => {
  const [year, month, day, hour, minute, second] = Array.from(unpackDigits(bytes, 12).match(/\d\d/gu) ?? []);
  const zone = bytes[6] ?? 0;
  const quarters = (zone & 0x07) * 10 + (zone >> 4);
  const localMs = Date.parse(`20${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(localMs)) return undefined;
  return localMs + ((zone & 0x08) === 0 ? -quarters : quarters) * quarterMs;
};

/** SMS-DELIVER, §9.2.2.1. */
const readDeliver = (first: number, reader: PduReader): Incoming => {
  const from = decodeAddress(reader);
  reader.octet();
  const alphabet = alphabetOf(reader.octet());
  const stamp = unpackDigits(reader.bytes(7), 14);
  const length = reader.octet();
  const bytes = reader.bytes(octetsOf(alphabet, length));
  return {
    type: "message",
    from,
    stamp,
    ...readUserData(bytes, { alphabet, length, hasHeader: (first & userDataHeader) !== 0 }),
  };
};

/** SMS-STATUS-REPORT, §9.2.2.3. */
const readReport = (reader: PduReader): Incoming => {
  const reference = reader.octet();
  const to = decodeAddress(reader);
  const takenMs = timeOf(reader.bytes(7));
  reader.bytes(7);
  return { type: "report", reference, to, takenMs, status: reader.octet() };
};

/**
 * Reads a PDU as `+CMGL`, `+CMGR` or `+CDS` hands it out: the service centre's address, then SMS-DELIVER or
 * SMS-STATUS-REPORT. @throws {PduFault} when it is neither, or damaged
 */
export const decodeIncoming = (hex: string): Incoming => {
  const reader = new PduReader(hexBytes(hex));
  reader.bytes(reader.octet());
  const first = reader.octet();
  if ((first & typeMask) === deliverType) return readDeliver(first, reader);
  if ((first & typeMask) === reportType) return readReport(reader);
  throw new PduFault("it is nothing that a modem receives");
};

/**
 * What a status of a report says, §9.2.3.15: delivered; given up for good or for now; or nothing certain, such as "still
 * trying" and "forwarded, delivery cannot be confirmed".
 */
export const reportState = (status: number): "delivered" | "undelivered" | "undecided" => {
  if (status === 0x00) return "delivered";
  return status >= 0x40 && status <= 0x7f ? "undelivered" : "undecided";
};
