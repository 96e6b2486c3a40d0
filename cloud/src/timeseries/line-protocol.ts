import { type SeriesMeasurement, type SeriesMeasurementName, seriesLayout } from "@mingcheng/protocols";

/** Value of a field in the order of the layout; null: the point does not have it. */
export type FieldValue = number | string | null;

/** Name and value of a tag, in the order of the layout; tags without a value are left out. */
export type Tags = readonly (readonly [tag: string, value: string])[];

const keyEscapes = /[,= \\\n\r\t]/g;
const escapeKey = (text: string): string =>
  text.replaceAll(keyEscapes, (found) => (found === "," || found === "=" || found === " " ? `\\${found}` : "_"));

const escapeText = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", " ");

/** Measurement and tags of a line, without the space behind. Tag values never end in a backslash: it is replaced. */
export const seriesPrefix = (measurement: string, tags: Tags): string =>
  `${measurement}${tags.map(([tag, value]) => `,${tag}=${escapeKey(value)}`).join("")}`;

interface FieldWriter {
  readonly name: string;
  readonly type: "integer" | "float" | "string";
}

const writers = new Map<string, readonly FieldWriter[]>(
  Object.entries(seriesLayout as Readonly<Record<string, SeriesMeasurement>>).map(([name, { fields }]) => [
    name,
    Object.entries(fields).map(([field, { type }]) => ({ name: field, type })),
  ]),
);

/** The fields of a line; empty when there is none. What stands behind the layout's fields is not written. */
export const fieldsText = (measurement: SeriesMeasurementName, values: readonly FieldValue[]): string => {
  let text = "";
  const fields = writers.get(measurement) ?? [];
  for (let index = 0; index < fields.length; index++) {
    const value = values[index];
    const { name = "", type } = fields[index] ?? {};
    if (value === null || value === undefined) continue;
    if (text !== "") text += ",";
    if (type === "string") text += `${name}="${escapeText(String(value))}"`;
    else text += type === "integer" ? `${name}=${value}i` : `${name}=${value}`;
  }
  return text;
};

/** The same point as zeros and empty texts: what it says once it was taken back. */
export const takenBack = (measurement: SeriesMeasurementName, values: readonly FieldValue[]): FieldValue[] =>
  (writers.get(measurement) ?? []).map(({ type }, index) => {
    if (values[index] === null || values[index] === undefined) return null;
    return type === "string" ? "" : 0;
  });

/** Nanoseconds as text; `offset` is below 1 000 000. */
export const nanoseconds = (atMs: number, offset: number): string =>
  atMs < 0 ? String(BigInt(atMs) * 1_000_000n + BigInt(offset)) : `${atMs}${String(offset).padStart(6, "0")}`;

/** A whole line. */
export const lineOf = (prefix: string, fields: string, atMs: number, offset: number): string =>
  `${prefix} ${fields} ${nanoseconds(atMs, offset)}`;
