/** One captured record as the capturing process tells it: what it said, and where it was told it lies. */
export interface Acknowledged {
  /** Unique for ever, said by nobody else. */
  readonly id: string;
  readonly ep: number;
  readonly eid: string;
  readonly seq: number;
  /** h(seq) as acknowledged; null where a planted fault acknowledges before there is one. */
  readonly h: string | null;
}

/** What one capturing process said on its standard output, line by line: the independent log of a kill or power cut. */
export type CaptureLine =
  /** Printed before the outbox was asked. */
  | { readonly said: string }
  /** Printed after the outbox's promise resolved: from here on the record has to survive. */
  | { readonly acknowledged: Acknowledged }
  /** Printed before the outbox was allowed to free the line's records up to `upTo`. */
  | { readonly freeable: { readonly ep: number; readonly eid: string; readonly upTo: number } }
  /** The outbox is open. */
  | { readonly ready: { readonly ep: number; readonly eid: string } }
  /** The outbox refused a record with this error: it may be anywhere but twice. */
  | { readonly refused: { readonly id: string; readonly code: string; readonly afterMs: number } }
  /** The outbox announced a fault of the disk, or that it works again, on this line. */
  | { readonly fault: string }
  | { readonly recovered: { readonly ep: number; readonly eid: string } };

/** Everything that capturing processes said, gathered. */
export interface CaptureLog {
  readonly said: Set<string>;
  readonly acknowledged: Acknowledged[];
  /** Largest freeable sequence number by `ep/eid`. */
  readonly freeable: Map<string, number>;
  readonly refused: { readonly id: string; readonly code: string; readonly afterMs: number }[];
  /** Faults announced, and `ok` for each recovery, in order. */
  readonly conditions: string[];
}

/** One record as a process of its own read it from the recovered outbox. */
export interface HeldRecord {
  readonly ep: number;
  readonly eid: string;
  readonly seq: number;
  /** The id in the record; null for the outbox's own epoch records. */
  readonly id: string | null;
  readonly h: string;
  /** Of an epoch record: where its line says that it begins. */
  readonly predecessor: { readonly ep: number; readonly eid: string; readonly seq: number; readonly h: string } | null;
}

/** A loss as a recovered outbox reports it; `to` null: everything behind `from`. */
export interface ReportedLoss {
  readonly line: { readonly ep: number; readonly eid: string };
  readonly from: number;
  readonly to: number | null;
}

/** What is wrong with a recovered outbox. All lists must be empty. */
export interface Verdict {
  /** Acknowledged, not there (or not with the hash that was acknowledged). */
  readonly lost: readonly string[];
  readonly twice: readonly string[];
  readonly invented: readonly string[];
  /** Epoch records that name a predecessor which is not there. */
  readonly orphaned: readonly string[];
  /** Acknowledged (and held, or freed) but reported as lost. What was never acknowledged may be. */
  readonly falselyLost: readonly string[];
}

export const emptyLog = (): CaptureLog => ({
  said: new Set(),
  acknowledged: [],
  freeable: new Map(),
  refused: [],
  conditions: [],
});

/** Adds one line of a capturing process's output. What a kill cut short is no line. */
export const addToLog = (log: CaptureLog, text: string): CaptureLine | undefined => {
  let line: CaptureLine;
  try {
    line = JSON.parse(text) as CaptureLine;
  } catch {
    return undefined;
  }
  if ("acknowledged" in line) log.acknowledged.push(line.acknowledged);
  else if ("said" in line) log.said.add(line.said);
  else if ("refused" in line) log.refused.push(line.refused);
  else if ("fault" in line) log.conditions.push(line.fault);
  else if ("recovered" in line) log.conditions.push("ok");
  else if ("freeable" in line) {
    const { ep, eid, upTo } = line.freeable;
    log.freeable.set(`${ep}/${eid}`, Math.max(upTo, log.freeable.get(`${ep}/${eid}`) ?? 0));
  }
  return line;
};

const isWithin = ({ ep, eid, seq }: Acknowledged, { line, from, to }: ReportedLoss): boolean =>
  line.ep === ep && line.eid === eid && seq >= from && (to === null || seq <= to);

/** Holds what a recovered outbox has, and what it says about losses, against what was said and acknowledged. */
export const judge = (log: CaptureLog, held: readonly HeldRecord[], losses: readonly ReportedLoss[]): Verdict => {
  const byPlace = new Map(held.map((record) => [`${record.ep}/${record.eid}/${record.seq}`, record]));
  const seen = new Set<string>();
  const twice: string[] = [];
  const invented: string[] = [];
  const orphaned: string[] = [];
  for (const { id, ep, eid, seq, predecessor } of held) {
    const place = `${ep}/${eid}/${seq}`;
    if (id === null) {
      const freedTo = predecessor === null ? 0 : (log.freeable.get(`${predecessor.ep}/${predecessor.eid}`) ?? 0);
      if (predecessor === null || predecessor.seq <= freedTo) continue;
      const named = byPlace.get(`${predecessor.ep}/${predecessor.eid}/${predecessor.seq}`);
      if (named?.h !== predecessor.h) orphaned.push(place);
      continue;
    }
    if (!log.said.has(id)) invented.push(`${place} ${id}`);
    if (seen.has(id)) twice.push(`${place} ${id}`);
    seen.add(id);
  }
  const lost = log.acknowledged.filter(({ ep, eid, seq, id, h }) => {
    if (seq <= (log.freeable.get(`${ep}/${eid}`) ?? 0)) return false;
    const record = byPlace.get(`${ep}/${eid}/${seq}`);
    return record?.id !== id || (h !== null && record.h !== h);
  });
  const falselyLost = log.acknowledged.filter((record) => losses.some((loss) => isWithin(record, loss)));
  const name = ({ ep, eid, seq, id }: Acknowledged): string => `${ep}/${eid}/${seq} ${id}`;
  return { lost: lost.map(name), twice, invented, orphaned, falselyLost: falselyLost.map(name) };
};
