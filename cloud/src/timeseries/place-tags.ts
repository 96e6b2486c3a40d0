import { unplacedTag } from "@mingcheng/protocols";
import type { Statement } from "better-sqlite3";
import type { Attribution } from "../register/attribution/attribution.ts";
import { AttributionIndex } from "../register/attribution/attribution-index.ts";
import { PlaceNames } from "../register/attribution/place-names.ts";
import { minuteOf, minuteStartMs } from "../register/model/validity.ts";
import type { SqliteDatabase } from "../store/database.ts";
import type { Tags } from "./line-protocol.ts";

/** Where something belongs, as tags. The same object is handed out as long as nothing changes. */
export interface TaggedPlace {
  /** City, district and site, with names. */
  readonly place: Tags;
  readonly stall: string | null;
  /** Code of the site; {@link unplacedTag} where the register does not say. */
  readonly site: string;
}

/** Where a device stood, and from when to when that is known (milliseconds, `toMs` not in it). */
export interface PlacedSpan {
  readonly fromMs: number;
  readonly toMs: number;
  readonly tagged: TaggedPlace;
}

interface KnownDay {
  readonly from: number;
  readonly to: number;
  readonly spans: readonly PlacedSpan[];
}

const dayMinutes = 1_440;
const maxKnown = 50_000;

const tagsOf = (named: Readonly<Record<"city" | "district" | "site", { code: string; name: string }>>): Tags =>
  (["city", "district", "site"] as const).flatMap((level) => [
    [level, named[level].code] as const,
    [`${level}_name`, named[level].name] as const,
  ]);

const unplaced: { readonly code: string; readonly name: string } = unplacedTag;

/** Nowhere, as far as the register says. */
export const taggedNowhere: TaggedPlace = {
  place: tagsOf({ city: unplaced, district: unplaced, site: unplaced }),
  stall: null,
  site: unplacedTag.code,
};

/** Says where devices and gateways belong at a time, as tags, by the register. */
export class PlaceTags {
  readonly #index: AttributionIndex;
  readonly #names: PlaceNames;
  readonly #level: Statement<unknown[]>;
  readonly #dataVersion: Statement<unknown[]>;
  readonly #days = new Map<string, KnownDay>();
  readonly #tagged = new Map<string, TaggedPlace>();
  #version: unknown;

  /** `database`: a connection to the register that may be read-only. */
  constructor(database: SqliteDatabase) {
    this.#index = new AttributionIndex(database);
    this.#names = new PlaceNames(database);
    this.#level = database
      .prepare(
        "SELECT level FROM area WHERE code = ? AND until_change IS NULL AND valid_from <= ? AND ? < valid_to LIMIT 1",
      )
      .pluck();
    this.#dataVersion = database.prepare("PRAGMA data_version").pluck();
    this.#version = this.#dataVersion.get();
  }

  /** The latest change of the register that is contained. */
  get change(): number {
    return this.#index.version;
  }

  /** Takes in what changed in the register; true when something may belong elsewhere now. */
  refresh(): boolean {
    const version = this.#dataVersion.get();
    if (version === this.#version) return false;
    this.#version = version;
    if (!this.#index.refresh()) return false;
    this.#names.forget();
    this.#days.clear();
    this.#tagged.clear();
    return true;
  }

  /** Where a device stood. */
  ofDevice(gw: string, dev: string, atMs: number): TaggedPlace {
    return this.spanOf(gw, dev, atMs).tagged;
  }

  /** The same with the time for which it holds: a day at most, and until the register changes. */
  spanOf(gw: string, dev: string, atMs: number): PlacedSpan {
    const minute = minuteOf(atMs);
    const key = `${gw} ${dev}`;
    let day = this.#days.get(key);
    if (day === undefined || minute < day.from || minute >= day.to) {
      const from = Math.floor(minute / dayMinutes) * dayMinutes;
      const stretches = this.#index.stretches(gw, dev, from, from + dayMinutes);
      day = {
        ...{ from, to: from + dayMinutes },
        spans: stretches.map((one) => ({
          ...{ fromMs: minuteStartMs(one.from), toMs: minuteStartMs(one.to) },
          tagged: this.#taggedAt(one.attribution, one.from),
        })),
      };
      if (this.#days.size >= maxKnown) this.#days.clear();
      this.#days.set(key, day);
    }
    const found = day.spans.find(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs);
    return found ?? { fromMs: atMs, toMs: atMs, tagged: taggedNowhere };
  }

  /** Where a gateway stands: by its own place in the register, else by that of any of its devices. */
  ofGateway(gw: string, atMs: number): TaggedPlace {
    const own = this.ofDevice(gw, gw, atMs);
    if (own.site !== unplacedTag.code) return own;
    for (const dev of this.#index.devicesOf(gw)) {
      const found = this.ofDevice(gw, dev, atMs);
      if (found.site !== unplacedTag.code) return { ...found, stall: null };
    }
    return taggedNowhere;
  }

  /** A site by its code. */
  ofSite(site: string, atMs: number): TaggedPlace {
    if (site === "") return taggedNowhere;
    return this.#taggedAt(this.#index.site(site, minuteOf(atMs)), minuteOf(atMs));
  }

  #taggedAt({ stall, site, areas }: Attribution, minute: number): TaggedPlace {
    if (stall === null && site === null) return taggedNowhere;
    const named = { city: unplaced, district: unplaced, site: unplaced };
    for (const code of areas) {
      const level = this.#level.get(code, minute, minute);
      if (level === "city" || level === "district") named[level] = this.#named("area", code, minute);
    }
    if (site !== null) named.site = this.#named("site", site, minute);
    const place = tagsOf(named);
    const key = JSON.stringify([place, stall]);
    const known = this.#tagged.get(key);
    if (known !== undefined) return known;
    const tagged = { place, stall, site: named.site.code };
    if (this.#tagged.size >= maxKnown) this.#tagged.clear();
    this.#tagged.set(key, tagged);
    return tagged;
  }

  #named(kind: "area" | "site", code: string, minute: number): { code: string; name: string } {
    return { code, name: this.#names.nameOf(kind, code, minute) };
  }
}
