import type { ReadingEvent } from "../device-event.ts";
import type { ReplyEvent, RequestEvent, SaleEvent } from "../line-event.ts";
import { numberOf, readingWith } from "../reading.ts";
import { saleWith } from "../sale-with.ts";

/** ESC between fields, written as `␛` here. */
export const fieldSeparator = 0x1b;

/** How the weight of record 02 is given. DIVA service manual pp. 54-66. `null`: pounds and ounces, no decimal number. */
const scales: Readonly<Record<string, { readonly unit: string; readonly places: number } | null>> = {
  "0": null,
  "1": { unit: "lb", places: 2 },
  "2": { unit: "lb", places: 3 },
  "3": { unit: "kg", places: 3 },
};

/** Record 09. DIVA p. 62. */
const statusWords: Readonly<Record<string, string>> = {
  "00": "no-error",
  "01": "general-error",
  "02": "transmission-error",
  "10": "bad-record",
  "11": "bad-price",
  "12": "bad-tare",
  "13": "bad-text",
  "21": "not-moved-since",
  "22": "not-finished",
  "30": "below-minimum",
};

/** Records of the host, and what they ask. */
const requests: Readonly<Record<string, string>> = {
  "01": "weigh",
  "03": "weigh-with-tare",
  "04": "weigh",
  "05": "weigh-with-tare",
  "08": "status",
  "10": "checksum-answer",
  "20": "version",
};

/** What one record says: one event, or the reading and the sale it is. */
export type DialogEvent = ReadingEvent | SaleEvent | ReplyEvent | RequestEvent;

const weighed = (record: string, raw: Uint8Array): DialogEvent[] | null => {
  const match = /^02␛([0-3])␛(\d{5})␛(\d{5,6})␛(\d{6})$/.exec(record);
  if (match === null) return null;
  const [, code = "", digits = "", price = "", amount = ""] = match;
  const scale = scales[code] ?? null;
  const value = scale === null ? null : numberOf(digits, scale.places);
  const unit = scale?.unit ?? null;
  const reading = readingWith(raw, { value, unit, stable: "reported-stable" });
  const [unitPriceFen, amountFen] = [Number(price), Number(amount)];
  if (value === null || (unitPriceFen === 0 && amountFen === 0)) return [reading];
  const said = { soldBy: "weight", weight: value, unit, unitPriceFen, amountFen } as const;
  // The price is per kilogram or per pound, as the weight: only kilograms can be checked here.
  return [reading, { ...saleWith(new Uint8Array(0), said, 5), ...(unit === "kg" ? {} : { mismatch: false }) }];
};

const statusOf = (code: string, raw: Uint8Array): DialogEvent => {
  if (code === "20") return readingWith(raw, { stable: "reported-unstable", states: ["motion"] });
  if (code === "31") return readingWith(raw, { underload: true });
  if (code === "32") return readingWith(raw, { overload: true });
  return { event: "reply", raw, meaning: statusWords[code] ?? "status", detail: code };
};

/** What a record (between STX and ETX, separators as `␛`) says; `null` when it is none. */
export const recordIn = (record: string, raw: Uint8Array): DialogEvent[] | null => {
  const status = /^09␛(\d\d)$/.exec(record)?.[1];
  if (status !== undefined) return [statusOf(status, raw)];
  // 2: a checksum with a secret polynomial is demanded; 1 and 0: whether the one sent was right.
  const checksum = /^11␛([0-2])␛?(.*)$/.exec(record);
  if (checksum !== null) {
    const meaning = { "0": "checksum-wrong", "1": "checksum-right", "2": "checksum-demanded" }[checksum[1] ?? ""];
    return [{ event: "reply", raw, meaning: meaning ?? "", detail: checksum[2] === "" ? null : (checksum[2] ?? null) }];
  }
  if (record.startsWith("02")) return weighed(record, raw);
  const meaning = requests[record.slice(0, 2)];
  if (meaning === undefined || !/^\d\d(␛.*)?$/.test(record)) return null;
  const detail = record.slice(2).replace(/^␛|␛$/g, "");
  return [{ event: "request", raw, meaning, detail: detail === "" ? null : detail }];
};
