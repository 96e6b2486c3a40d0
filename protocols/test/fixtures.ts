import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { fromHex } from "../src/bytes/bytes.ts";

/** One folder of `protocols/fixtures/<family>/`. */
export interface Fixture {
  readonly name: string;
  readonly input: Uint8Array;
  /** The events in their public form, worked out by hand; see `statedOf` for what may be left out. */
  readonly expected: readonly Readonly<Record<string, unknown>>[];
  /** Title and page, or who captured it where. */
  readonly source: string;
}

const root = fileURLToPath(new URL("../fixtures", import.meta.url));

/** Bytes of an `input.hex`: hexadecimal pairs, blanks and line ends between them, comments after `#`. */
const parseHex = (text: string, name: string): Uint8Array => {
  const bytes = fromHex(text.replace(/#.*$/gm, "").replace(/\s+/g, ""));
  if (bytes === undefined) throw new Error(`${name}/input.hex is no hexadecimal text`);
  return bytes;
};

/** Families that have fixtures. */
export const fixtureFamilies = (): readonly string[] => readdirSync(root).sort();

/** Every fixture of a family, by name; none when the family has no folder. */
export const fixturesOf = (family: string): readonly Fixture[] => {
  if (!fixtureFamilies().includes(family)) return [];
  return readdirSync(`${root}/${family}`)
    .sort()
    .map((name) => {
      const read = (file: string): string => readFileSync(`${root}/${family}/${name}/${file}`, "utf8");
      return {
        name,
        input: parseHex(read("input.hex"), `${family}/${name}`),
        expected: JSON.parse(read("expected.json")) as Fixture["expected"],
        source: read("source.md").trim(),
      };
    });
};

/**
 * What a fixture states of an event: everything but the bytes of good events (that no byte is lost or used twice is
 * proven apart) and the fields of records (their text says the same).
 */
export const statedOf = (event: Readonly<Record<string, unknown>>): Record<string, unknown> => {
  const { hex, records, ...stated } = event;
  return {
    ...stated,
    ...(event["event"] === "discarded" ? { hex } : {}),
    ...(Array.isArray(records) ? { records: records.map(({ text }: { text: string }) => text) } : {}),
  };
};
