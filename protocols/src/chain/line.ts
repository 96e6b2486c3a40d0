/**
 * A line: one gateway process's unbroken run of records. The unit of sequence, ranges and receipts.
 * `ep` is the epoch number (an ordering hint only), `eid` 128 random bits as 32 lower-case hexadecimal digits.
 */
export interface Line {
  readonly gw: string;
  readonly ep: number;
  readonly eid: string;
}

/** A line within one known gateway. */
export type LineOfGateway = Omit<Line, "gw">;

/** Gateway ids: 1 to 64 lower-case letters, digits and inner hyphens, so that they are safe in topics, files and SQL. */
export const gatewayIdPattern = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;

/** Device ids: 1 to 64 letters, digits, dot, underscore and hyphen, starting with a letter or digit. */
export const deviceIdPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Key of a line in maps of one gateway. */
export const lineKey = (line: LineOfGateway): string => `${line.ep}.${line.eid}`;

/** True when both name the same line of the same gateway. */
export const sameLine = (a: LineOfGateway, b: LineOfGateway): boolean => a.ep === b.ep && a.eid === b.eid;
