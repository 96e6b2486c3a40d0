import type { PlaceView } from "@mingcheng/protocols";
import type { SqliteDatabase } from "../../store/database.ts";
import type { Cover } from "../../users/cover.ts";
import { minuteOf } from "../model/validity.ts";
import type { Attribution, Stretch } from "./attribution.ts";
import { AttributionIndex } from "./attribution-index.ts";
import { PlaceNames } from "./place-names.ts";

/** What {@link PlaceFinder} works with. */
export interface PlaceFinderPorts {
  /** A connection to the register that may be read-only. */
  readonly database: () => SqliteDatabase;
  /** Changes whenever somebody has committed to the register. */
  readonly version: () => number;
}

interface Loaded {
  readonly index: AttributionIndex;
  readonly names: PlaceNames;
}

/**
 * Says where facts belong and who may see them, always by the register as it is now: what is asked for is attributed when
 * it is read, so a correction counts at once, for what is past too.
 */
export class PlaceFinder {
  readonly #ports: PlaceFinderPorts;
  #loaded: Loaded | undefined;
  #version: number | undefined;

  constructor(ports: PlaceFinderPorts) {
    this.#ports = ports;
  }

  /** Takes in what changed in the register; cheap when nothing did. True when something of it may be attributed anew. */
  refresh(): boolean {
    const version = this.#ports.version();
    if (version === this.#version) return false;
    const first = this.#loaded === undefined;
    const { index, names } = this.#ready();
    const moved = index.refresh();
    if (moved) names.forget();
    this.#version = version;
    return moved && !first;
  }

  /** The index itself, up to date. */
  index(): AttributionIndex {
    this.refresh();
    return this.#ready().index;
  }

  /** Number of the register's change up to which it knows. */
  get change(): number {
    return this.#ready().index.version;
  }

  attribution(gw: string, dev: string, atMs: number): Attribution {
    return this.#ready().index.attribute(gw, dev, minuteOf(atMs));
  }

  /** Stretches of the time from `fromMs` to `toMs`, both at whole minutes. */
  stretches(gw: string, dev: string, fromMs: number, toMs: number): Stretch[] {
    return this.#ready().index.stretches(gw, dev, minuteOf(fromMs), minuteOf(toMs));
  }

  /** The same with names; null where the register does not place the device. */
  view(gw: string, dev: string, atMs: number): PlaceView | null {
    const { stall, vendor, site, areas } = this.attribution(gw, dev, atMs);
    if (stall === null && site === null) return null;
    const minute = minuteOf(atMs);
    const { names } = this.#ready();
    const named = (kind: "site" | "area" | "vendor", code: string | null) =>
      code === null ? null : { code, name: names.nameOf(kind, code, minute) };
    return {
      site: named("site", site),
      area: named("area", areas.at(-1) ?? null),
      areas: [...areas],
      stall: stall === null ? null : { code: stall, label: names.nameOf("stall", stall, minute) },
      vendor: named("vendor", vendor),
    };
  }

  /** Whether a fact of a device at a time is within what somebody may see. */
  sees(cover: Cover, gw: string, dev: string, atMs: number): boolean {
    if (cover.whole) return true;
    // What a gateway says of itself.
    if (dev === gw) return this.seesGateway(cover, gw, atMs);
    return cover.covers(this.attribution(gw, dev, atMs));
  }

  /**
   * Whether what concerns a gateway as a whole is within what somebody may see: by where it stands itself (a device with the
   * id of the gateway), else when every device of it that was placed then was within it.
   */
  seesGateway(cover: Cover, gw: string, atMs: number): boolean {
    if (cover.whole) return true;
    const own = this.attribution(gw, gw, atMs);
    if (own.site !== null) return cover.covers(own);
    let placed = 0;
    for (const dev of this.#ready().index.devicesOf(gw)) {
      const attribution = this.attribution(gw, dev, atMs);
      if (attribution.site === null && attribution.stall === null) continue;
      if (!cover.covers(attribution)) return false;
      placed++;
    }
    return placed > 0;
  }

  /** Whether any device of a gateway was ever, from `fromMs` to `toMs`, within what somebody may see. */
  seesAnyOf(cover: Cover, gw: string, fromMs: number, toMs: number): boolean {
    if (cover.whole) return true;
    for (const dev of this.#ready().index.devicesOf(gw)) {
      const stretches = this.stretches(gw, dev, fromMs, toMs);
      if (stretches.some(({ attribution }) => cover.covers(attribution))) return true;
    }
    return false;
  }

  #ready(): Loaded {
    if (this.#loaded === undefined) {
      const database = this.#ports.database();
      this.#loaded = { index: new AttributionIndex(database), names: new PlaceNames(database) };
    }
    return this.#loaded;
  }
}
