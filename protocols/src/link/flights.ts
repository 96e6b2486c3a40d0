import type { UplinkLine } from "./uplink-line.ts";
import type { Lane } from "./uplink-port.ts";

/** A batch under way. `h` and `payload` are known once it is published. */
export interface Flight {
  readonly id: number;
  readonly lane: Lane;
  readonly line: UplinkLine;
  /** A new commit in the live lane. */
  readonly isFresh: boolean;
  readonly first: number;
  last: number;
  h: string | null;
  payload: string | null;
  deadlineMs: number;
}

/** The batches under way. Their ranges never overlap. */
export class Flights {
  private readonly flights = new Map<number, Flight>();

  get size(): number {
    return this.flights.size;
  }

  get(id: number): Flight | undefined {
    return this.flights.get(id);
  }

  count(lane: Lane): number {
    let count = 0;
    for (const flight of this.flights.values()) if (flight.lane === lane) count++;
    return count;
  }

  countFresh(): number {
    let count = 0;
    for (const flight of this.flights.values()) if (flight.isFresh) count++;
    return count;
  }

  begin(flight: Flight): void {
    flight.line.inFlight.add(flight.first, flight.last);
    this.flights.set(flight.id, flight);
  }

  /** The batch ended earlier than asked; what follows is free to go again. */
  shorten(flight: Flight, last: number): void {
    flight.line.inFlight.remove(last + 1, flight.last);
    flight.last = last;
  }

  /** No longer under way, whatever became of it. */
  release(flight: Flight): void {
    flight.line.inFlight.remove(flight.first, flight.last);
    this.flights.delete(flight.id);
  }

  releaseAll(): void {
    for (const flight of [...this.flights.values()]) this.release(flight);
  }

  releaseOverdue(nowMs: number): void {
    for (const flight of [...this.flights.values()]) if (flight.deadlineMs <= nowMs) this.release(flight);
  }

  /** Releases and returns the batches of `line` that are wholly answered. */
  land(line: UplinkLine): Flight[] {
    const landed: Flight[] = [];
    for (const flight of this.flights.values()) {
      if (flight.line !== line || flight.h === null) continue;
      if (line.openWithin(flight.first, flight.last).length === 0) landed.push(flight);
    }
    for (const flight of landed) this.release(flight);
    return landed;
  }

  /** The batch published under this hash. */
  ofPayload(payload: string): Flight | undefined {
    for (const flight of this.flights.values()) if (flight.payload === payload) return flight;
    return undefined;
  }

  /** True when a batch under way ends at `last` with this very `h`. */
  endsWith(line: UplinkLine, last: number, h: string): boolean {
    for (const flight of this.flights.values()) {
      if (flight.line === line && flight.last === last && flight.h === h) return true;
    }
    return false;
  }

  get nextDeadlineMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { deadlineMs } of this.flights.values()) next = Math.min(next, deadlineMs);
    return next;
  }
}
