import type { Flight } from "./flights.ts";

const keyOf = ({ line, first }: Flight): string => `${line.key}:${first}`;

/** Counts nacks per place, and takes apart what is refused again and again: first the batch, then the record. */
export class Refusals {
  private readonly counts = new Map<string, number>();
  private readonly nacksBeforeSplit: number;

  constructor(nacksBeforeSplit: number) {
    this.nacksBeforeSplit = nacksBeforeSplit;
  }

  /** The batch was refused once more. Drops nothing, whatever comes. */
  count(flight: Flight): void {
    const { line, first, last } = flight;
    const nacks = (this.counts.get(keyOf(flight)) ?? 0) + 1;
    if (nacks < this.nacksBeforeSplit) {
      this.counts.set(keyOf(flight), nacks);
      return;
    }
    this.forget(flight);
    if (last > first) line.singly.add(first, last);
    else line.digestOnly.add(first, first);
  }

  /** The batch was taken. */
  forget(flight: Flight): void {
    this.counts.delete(keyOf(flight));
  }
}
