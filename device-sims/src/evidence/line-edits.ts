import type { Random } from "../random.ts";
import type { Specimen } from "./sealed-file.ts";

/** One way to change a file. It may give the file back unchanged: then it was no mutation. */
export type Mutation = (specimen: Specimen, random: Random) => Buffer;

type LineEdit = (lines: Buffer[], random: Random, specimen: Specimen) => void;

/** What ends a line. */
export const lineFeed = Buffer.from("\n");
/** One of them. */
export const pick = <T>(from: readonly T[], random: Random): T => from[random.below(from.length)] as T;

/** Lines without their line feeds; the file ends with one. */
export const linesOf = (file: Buffer): Buffer[] => {
  const lines: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const end = file.indexOf(0x0a, at);
    lines.push(file.subarray(at, end));
    at = end + 1;
  }
  return lines;
};

/** The file of these lines. */
export const joined = (lines: readonly Buffer[]): Buffer => Buffer.concat(lines.flatMap((line) => [line, lineFeed]));

/** A mutation of a list of lines, none with its line feed. */
export const onLines =
  (edit: LineEdit): Mutation =>
  (specimen, random) => {
    const lines = linesOf(specimen.file);
    edit(lines, random, specimen);
    return joined(lines);
  };

/** A mutation of one line, chosen among those that begin with `mark`. */
export const onOneLine = (mark: string, edit: (text: string, random: Random, specimen: Specimen) => string): Mutation =>
  onLines((lines, random, specimen) => {
    const places = lines.flatMap((line, index) => (line.toString("latin1").startsWith(mark) ? [index] : []));
    const place = pick(places, random);
    lines[place] = Buffer.from(edit(lines[place]?.toString("utf8") ?? "", random, specimen), "utf8");
  });

/** Behind some seal. */
export const afterSeal = (lines: readonly Buffer[], random: Random): number =>
  1 +
  pick(
    lines.flatMap((line, index) => (line[0] === 0x53 ? [index] : [])),
    random,
  );

/** Where each span's lines stand: from its `P` line to behind its last. */
export const blocksOf = (lines: readonly Buffer[]): [number, number][] => {
  const starts = lines.flatMap((line, index) => (line[0] === 0x50 && line[1] === 0x20 ? [index] : []));
  return starts.map((start, index) => [start, starts[index + 1] ?? lines.length]);
};
