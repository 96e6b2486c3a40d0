const pair = (value: number): string => value.toString(16).padStart(2, "0");
const swap = (digits: string): string => (digits.length % 2 === 0 ? digits : `${digits}F`).replace(/(.)(.)/g, "$2$1");

/** The SMS centre that everything comes from: +8613800500500. */
const centre = `0891${swap("8613800500500")}`;

const address = (number: string): string => {
  const digits = number.replace("+", "");
  return `${pair(digits.length)}${number.startsWith("+") ? "91" : "81"}${swap(digits)}`;
};

/** 3GPP TS 23.040 §9.2.3.11, in Chinese time: 32 quarters of an hour ahead. */
const stamp = (ms: number): string =>
  swap(new Date(ms + 8 * 3_600_000).toISOString().replace(/\D/g, "").slice(2, 14)) + swap("32");

/** Characters as septets one behind the other, the first one lowest, §6.1.2.1 of TS 23.038. Latin letters and digits only. */
const septets = (text: string, fillBits = 0): string => {
  const bits = Array.from(text)
    .map((character) => character.charCodeAt(0).toString(2).padStart(7, "0"))
    .reverse()
    .join("");
  const whole = `${bits}${"0".repeat(fillBits)}`;
  const padded = whole.padStart(Math.ceil(whole.length / 8) * 8, "0");
  return (padded.match(/.{8}/g) ?? [])
    .reverse()
    .map((octet) => pair(Number.parseInt(octet, 2)))
    .join("");
};

const ucs2 = (text: string): string =>
  Array.from({ length: text.length }, (_, index) => text.charCodeAt(index).toString(16).padStart(4, "0")).join("");

/** In which alphabet a telephone sends. */
export const modemCodings = ["ucs2", "gsm7", "parted", "parted-gsm7", "binary"] as const;

/** A message of a telephone. */
export interface FromTelephone {
  readonly phone: string;
  readonly text: string;
  readonly coding: (typeof modemCodings)[number];
}

let reference = 0;

const deliver = (
  phone: string,
  ms: number,
  {
    first,
    scheme,
    data,
    length,
  }: { readonly first: string; readonly scheme: string; readonly data: string; readonly length: number },
): string => `${centre}${first}${address(phone)}00${scheme}${stamp(ms)}${pair(length)}${data}`.toUpperCase();

/** SMS-DELIVER with the service centre in front, §9.2.2.1: one, or one for each part. */
export const deliverPdus = ({ phone, text, coding }: FromTelephone, ms: number): readonly string[] => {
  const plain = { first: "04", length: text.length };
  switch (coding) {
    case "ucs2":
      return [deliver(phone, ms, { first: "04", scheme: "08", data: ucs2(text), length: text.length * 2 })];
    case "gsm7":
      return [deliver(phone, ms, { ...plain, scheme: "00", data: septets(text) })];
    case "binary":
      return [deliver(phone, ms, { ...plain, scheme: "04", data: Buffer.from(text, "latin1").toString("hex") })];
    case "parted":
    case "parted-gsm7": {
      reference = (reference + 1) & 0xff;
      const middle = Math.ceil(text.length / 2);
      return [text.slice(0, middle), text.slice(middle)].map((piece, index) => {
        const header = `050003${pair(reference)}02${pair(index + 1)}`;
        // Six octets of header are 48 bits; seven septets, the last one filled with a bit.
        if (coding === "parted-gsm7") {
          const data = `${header}${septets(piece, 1)}`;
          return deliver(phone, ms, { first: "44", scheme: "00", data, length: 7 + piece.length });
        }
        return deliver(phone, ms, {
          first: "44",
          scheme: "08",
          data: `${header}${ucs2(piece)}`,
          length: 6 + piece.length * 2,
        });
      });
    }
  }
};

/** SMS-STATUS-REPORT with the service centre in front, §9.2.2.3. `status`: 0 delivered, 0x46 expired, 0x30 still trying. */
export const reportPdu = (report: {
  readonly reference: number;
  readonly to: string;
  readonly takenMs: number;
  readonly doneMs: number;
  readonly status: number;
}): string =>
  `${centre}06${pair(report.reference)}${address(report.to)}${stamp(report.takenMs)}${stamp(report.doneMs)}${pair(report.status)}`.toUpperCase();

/** Octets behind the service centre's: what `+CMGL` and `+CDS` say. */
export const tpduBytes = (pdu: string): number => pdu.length / 2 - 1 - Number.parseInt(pdu.slice(0, 2), 16);
