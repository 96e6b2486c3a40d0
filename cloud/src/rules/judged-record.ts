import type { MingchengRecord } from "@mingcheng/protocols";
import type { ClockReading } from "../effective-time/clock-book.ts";
import type { CelNames } from "./cel/cel-world.ts";
import type { Place } from "./places/places.ts";

/** A record as rules see it. */
export interface JudgedRecord {
  readonly record: Pick<MingchengRecord, "gw" | "dev" | "ep" | "eid" | "seq" | "kind" | "salt" | "body"> & {
    readonly t: Pick<MingchengRecord["t"], "boot">;
  };
  readonly lsn: number;
  readonly receivedMs: number;
  readonly reading: ClockReading;
  readonly atMs: number;
  readonly place: Place;
  /** Local day of its effective time. */
  readonly day: string;
  /** What expressions see of it, shared by all rules. */
  readonly names: CelNames;
  /** Keys of groups of its device, by their numbers. */
  readonly deviceKeys: (string | undefined)[];
}
