/**
 * One thing a device said, taken from the simulator's own log. `must`: it was acknowledged to the device, or said in
 * full while somebody was listening, so the ledger has to hold it exactly once. `may`: nobody can promise it (the
 * gateway was dead, the instrument got no acknowledgement); the ledger may hold it once, never more often.
 */
export interface Saying {
  readonly device: string;
  readonly kind: string;
  /** What the device said, in a form in which two readings are equal exactly when they say the same. */
  readonly content: string;
  readonly duty: "must" | "may";
}

/** One reading as the ledger has it. */
export interface StoredReading {
  /** Names the row for people, e.g. line and sequence number. */
  readonly row: string;
  readonly device: string;
  readonly kind: string;
  readonly content: string;
  /** The instrument repeated itself because our acknowledgement got lost, and the record says so. */
  readonly resend: boolean;
}

/** What became of one device's readings of one kind. The lists name contents (missing) or rows (twice, invented). */
export interface DeviceFinding {
  readonly device: string;
  readonly kind: string;
  /** Everything the device said. */
  readonly said: number;
  /** Of it, what nobody could promise. */
  readonly excused: number;
  /** Rows in the ledger, repeats that are marked as such left out. */
  readonly stored: number;
  readonly missing: readonly string[];
  readonly twice: readonly string[];
  readonly invented: readonly string[];
}

interface Tally {
  readonly device: string;
  readonly kind: string;
  readonly content: string;
  must: number;
  may: number;
  readonly rows: string[];
}

const tallyAll = (sayings: readonly Saying[], readings: readonly StoredReading[]): Tally[] => {
  const tallies = new Map<string, Tally>();
  const of = ({ device, kind, content }: Pick<Saying, "device" | "kind" | "content">): Tally => {
    const key = JSON.stringify([device, kind, content]);
    const tally = tallies.get(key) ?? { device, kind, content, must: 0, may: 0, rows: [] };
    tallies.set(key, tally);
    return tally;
  };
  for (const saying of sayings) of(saying)[saying.duty]++;
  for (const reading of readings) if (!reading.resend) of(reading).rows.push(reading.row);
  return [...tallies.values()];
};

/**
 * Compares what the devices said with what is stored, as multisets of contents per device and kind: order and time do
 * not matter, number does. A marked repeat counts as no row of its own, but only beside the row that it repeats.
 */
export const compareWithLedger = (
  sayings: readonly Saying[],
  readings: readonly StoredReading[],
): readonly DeviceFinding[] => {
  const findings = new Map<string, { -readonly [K in keyof DeviceFinding]: DeviceFinding[K] }>();
  const findingOf = (device: string, kind: string) => {
    const key = JSON.stringify([device, kind]);
    const fresh = { device, kind, said: 0, excused: 0, stored: 0, missing: [], twice: [], invented: [] };
    const finding = findings.get(key) ?? fresh;
    findings.set(key, finding);
    return finding;
  };
  const held = new Set<string>();
  for (const { device, kind, content, must, may, rows } of tallyAll(sayings, readings)) {
    const finding = findingOf(device, kind);
    finding.said += must + may;
    finding.excused += may;
    finding.stored += rows.length;
    if (rows.length > 0) held.add(JSON.stringify([device, kind, content]));
    if (rows.length < must) finding.missing = [...finding.missing, ...repeat(content, must - rows.length)];
    const surplus = rows.slice(must + may);
    if (must + may > 0) finding.twice = [...finding.twice, ...surplus];
    else finding.invented = [...finding.invented, ...surplus];
  }
  for (const { row, device, kind, content, resend } of readings) {
    if (!resend || held.has(JSON.stringify([device, kind, content]))) continue;
    const finding = findingOf(device, kind);
    finding.invented = [...finding.invented, row];
  }
  return [...findings.values()].sort((a, b) => order(a, b));
};

const repeat = (text: string, times: number): string[] => Array.from({ length: times }, () => text);

const order = (a: DeviceFinding, b: DeviceFinding): number =>
  a.device === b.device ? compareText(a.kind, b.kind) : compareText(a.device, b.device);

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Sums over all devices. */
export const totals = (
  findings: readonly DeviceFinding[],
): { said: number; excused: number; stored: number; missing: number; twice: number; invented: number } => {
  const sum = { said: 0, excused: 0, stored: 0, missing: 0, twice: 0, invented: 0 };
  for (const finding of findings) {
    sum.said += finding.said;
    sum.excused += finding.excused;
    sum.stored += finding.stored;
    sum.missing += finding.missing.length;
    sum.twice += finding.twice.length;
    sum.invented += finding.invented.length;
  }
  return sum;
};

/**
 * A decimal as text with one spelling per value: no trailing zeros behind the point, no leading zeros, no `-0`.
 * Other texts come back unchanged.
 */
export const canonicalDecimal = (text: string): string => {
  const parts = /^([+-]?)0*(\d+)(?:\.(\d*?)0*)?$/.exec(text.trim());
  if (parts === null) return text;
  const [, sign, whole, fraction] = parts;
  const digits = fraction === undefined || fraction === "" ? (whole ?? "0") : `${whole}.${fraction}`;
  return sign === "-" && digits !== "0" ? `-${digits}` : digits;
};
