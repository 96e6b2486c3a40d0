import type { ResultEvent } from "../device-event.ts";
import { decodeRecordText } from "../lis/text-encoding.ts";
import { isMoment, momentText } from "../tester-result.ts";

/**
 * Printout of a Spotchem EL (SE-1520): `STX YY/MM/DD hh:mm ID# id [sample type] name value unit … ETX`, columns filled with
 * blanks. No checksum. Source: capture in github senaite/senaite.astm (spotchem_el.txt).
 */
export const stx = 0x02;
export const etx = 0x03;
export const lf = 0x0a;
/** Longest printout; the capture has 121 bytes. */
export const maxPrintBytes = 1024;

const headPattern = /^(\d\d)\/(\d\d)\/(\d\d) +(\d\d):(\d\d) +ID# *(\S*) *(?:\[[^\]]*\])? *(.*)$/;
/** A name, a value that is no unit, a unit that is no number. */
const measurement = /^([A-Za-z]\S*)\s+([^\s/%A-Za-z]\S*|OVER|LOW|HIGH)\s+(\S*[A-Za-z%]\S*)(?:\s+|$)/;

interface Measured {
  readonly assay: string;
  readonly value: string;
  readonly unit: string;
}

const measuredIn = (text: string): readonly Measured[] | undefined => {
  const all: Measured[] = [];
  for (let rest = text.trim(); rest !== ""; ) {
    const match = measurement.exec(rest);
    if (match === null) return undefined;
    const [whole, assay = "", value = "", unit = ""] = match;
    all.push({ assay, value, unit });
    rest = rest.slice(whole.length);
  }
  return all.length === 0 ? undefined : all;
};

/** The results of a printout, the first with its bytes; `undefined` when it is none. A column that is missing makes it none. */
export const spotchemResultsOf = (raw: Uint8Array, text: Uint8Array): readonly ResultEvent[] | undefined => {
  const [head, year, month, day, hour, minute, id = "", rest = ""] =
    headPattern.exec(decodeRecordText(text, "latin1")) ?? [];
  const time = [year, month, day, hour, minute, "0"].map(Number);
  if (head === undefined || !isMoment(time)) return undefined;
  return measuredIn(rest)?.map(({ assay, value, unit }, index) => ({
    event: "result",
    raw: index === 0 ? raw : new Uint8Array(0),
    sample: id || null,
    assay,
    value,
    unit,
    instrumentVerdict: "none",
    at: momentText(time),
  }));
};
