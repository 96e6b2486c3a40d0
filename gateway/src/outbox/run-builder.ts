import { chainLink, type LineOfGateway, lineKey, type Sha256 } from "@mingcheng/protocols";
import { eidAt, epAt, frameTypes, hashFieldAt, isUrgentAt, payloadAt, seqAt, typeAt } from "./frame.ts";
import { addUrgent, markEveryBytes, type Run, startRun } from "./segment.ts";

/** A line is known to have had a record `seq`: a seal or a later record says so. */
export interface Evidence {
  readonly line: LineOfGateway;
  readonly seq: number;
  /** h(seq) where it is known. */
  readonly h: string | null;
}

/**
 * Builds the runs of a segment from its frames, checking the chain: a record whose successor or seal tells another
 * h(seq) is not taken as intact, whatever its CRC says. Call {@link finish} after the last frame.
 */
export class RunBuilder {
  readonly runs: Run[] = [];
  /** Largest seq known of each line, whether its record is intact or not; by line key. */
  readonly heads = new Map<string, Evidence>();
  /** Seals over a place that was not the last record before them: openings seal the runs they find that way. */
  readonly laterSeals: Evidence[] = [];
  private readonly sha256: Sha256;
  private readonly lines = new Map<string, LineOfGateway>();
  private run: Run | undefined;
  /** Where the next frame lies if nothing is damaged. */
  private nextOffset = 0;
  private runEid = Buffer.alloc(16);
  private h: Uint8Array = Buffer.alloc(32);
  /** h before the run's last record, and that record's size: to take it back. */
  private before: Uint8Array = Buffer.alloc(32);
  private lastBytes = 0;

  constructor(sha256: Sha256) {
    this.sha256 = sha256;
  }

  /** Takes the intact frame at `at`, which lies at `offset` in the file. A run never reaches across damage. */
  readonly visit = (buffer: Buffer, at: number, offset: number, size: number): void => {
    if (offset !== this.nextOffset) this.finish();
    this.nextOffset = offset + size;
    const type = typeAt(buffer, at);
    if (type === frameTypes.record) this.record(buffer, at, offset);
    else if (type === frameTypes.seal) this.seal(buffer, at);
  };

  /** Ends the current run. */
  finish(): void {
    if (this.run !== undefined) this.run.h = Buffer.from(this.h).toString("hex");
    this.run = undefined;
  }

  private lineAt(buffer: Buffer, at: number): LineOfGateway {
    const line = { ep: epAt(buffer, at), eid: eidAt(buffer, at).toString("hex") };
    const known = this.lines.get(lineKey(line));
    if (known === undefined) this.lines.set(lineKey(line), line);
    return known ?? line;
  }

  private isCurrent(buffer: Buffer, at: number): boolean {
    return this.run !== undefined && this.run.line.ep === epAt(buffer, at) && this.runEid.equals(eidAt(buffer, at));
  }

  private heard(evidence: Evidence): void {
    const key = lineKey(evidence.line);
    const known = this.heads.get(key);
    if (known === undefined || known.seq < evidence.seq) this.heads.set(key, evidence);
  }

  private record(buffer: Buffer, at: number, offset: number): void {
    const seq = seqAt(buffer, at);
    const prev = hashFieldAt(buffer, at);
    const isNext = this.isCurrent(buffer, at) && this.run?.to === seq - 1;
    if (isNext && !prev.equals(this.h)) this.takeBack();
    let run = this.run;
    if (run === undefined || !isNext) {
      this.finish();
      run = startRun(this.lineAt(buffer, at), seq, prev.toString("hex"), offset);
      this.runs.push(run);
      this.run = run;
      this.runEid = Buffer.from(eidAt(buffer, at));
      this.h = Buffer.from(prev);
    } else if (offset - (run.marks.at(-1) ?? 0) >= markEveryBytes) {
      run.marks.push(seq, offset);
    }
    const payload = payloadAt(buffer, at);
    this.before = this.h;
    this.h = chainLink(this.sha256, this.h, this.sha256(payload));
    this.lastBytes = payload.length;
    run.to = seq;
    run.bytes += payload.length;
    if (isUrgentAt(buffer, at)) addUrgent(run, seq);
  }

  private seal(buffer: Buffer, at: number): void {
    const seq = seqAt(buffer, at);
    const run = this.run;
    const line = this.lineAt(buffer, at);
    if (run !== undefined && this.isCurrent(buffer, at) && run.to === seq) {
      if (hashFieldAt(buffer, at).equals(this.h)) run.sealed = seq;
      else this.takeBack();
    } else {
      this.laterSeals.push({ line, seq, h: hashFieldAt(buffer, at).toString("hex") });
    }
    this.heard({ line, seq, h: null });
  }

  /** The run's last record was altered: what follows it knows another h. Ends the run before it. */
  private takeBack(): void {
    const run = this.run;
    if (run === undefined) return;
    this.heard({ line: run.line, seq: run.to, h: null });
    const { urgent, marks } = run;
    if (urgent.at(-1) === run.to) {
      if (urgent.at(-2) === run.to) urgent.splice(-2);
      else urgent[urgent.length - 1] = run.to - 1;
    }
    if (marks.length > 2 && marks.at(-2) === run.to) marks.splice(-2);
    run.to -= 1;
    run.bytes -= this.lastBytes;
    this.h = this.before;
    this.finish();
    if (run.to < run.from) this.runs.splice(this.runs.indexOf(run), 1);
  }
}
