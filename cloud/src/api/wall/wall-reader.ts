import type { CityMap, Wall, WallDevices } from "@mingcheng/protocols";
import type { PlaceFinder } from "../../register/attribution/place-finder.ts";
import { GatewayRegister } from "../../register/gateway-register.ts";
import type { Cover } from "../../users/cover.ts";
import type { DayWindow } from "../queries/day-window.ts";
import type { ReadStores } from "../queries/read-stores.ts";
import { ledgerHead } from "../queries/record-query.ts";
import { TodayCache } from "../today-cache.ts";
import { mapView, siteDevices } from "./map-query.ts";
import { type OpenAlerts, readOpenAlerts } from "./wall-alerts.ts";
import type { WallAsked } from "./wall-asked.ts";
import { wallView } from "./wall-query.ts";

/** What {@link WallReader} works with. */
export interface WallReaderPorts {
  readonly stores: ReadStores;
  readonly places: PlaceFinder;
  readonly timezone: string;
  readonly nowMs: () => number;
  readonly windowOf: (atMs: number) => DayWindow;
  /** Changes whenever anything changed that a day's view is made from. */
  readonly version: () => string;
  readonly onAlertsUnreadable: (error: unknown) => void;
}

/** A wall shows a record as soon as that: several of them share one reading. */
const goodForMs = 100;

/** What walls show, read from the stores. Writes nothing. */
export class WallReader {
  readonly #ports: WallReaderPorts;
  readonly #walls: TodayCache<Wall>;

  constructor(ports: WallReaderPorts) {
    this.#ports = ports;
    const { version, nowMs } = ports;
    this.#walls = new TodayCache({ version, nowMs, goodForMs, read: (_gw, cover) => this.#read(cover) });
  }

  /** The business day so far in few words. */
  wall(cover: Cover): Wall {
    return this.#walls.get(null, cover);
  }

  /** The map of the city, or the floor plan of a site; without anything of a site that is not seen. */
  map(site: string | null, cover: Cover): CityMap {
    const { stores, places, nowMs } = this.#ports;
    places.refresh();
    return mapView({ register: stores.database("register"), places, cover, nowMs: nowMs() }, site);
  }

  /** Devices that stand at a site now. */
  devices(site: string, cover: Cover): WallDevices {
    return this.#asking(cover, null, (asked) => siteDevices(asked, site));
  }

  /** The next view is read anew. */
  forget(): void {
    this.#walls.forget();
  }

  #read(cover: Cover): Wall {
    return this.#asking(cover, this.#openAlerts(cover), wallView);
  }

  #asking<Result>(cover: Cover, alerts: OpenAlerts | null, read: (asked: WallAsked) => Result): Result {
    const { stores, places, timezone, nowMs, windowOf } = this.#ports;
    places.refresh();
    const atMs = nowMs();
    return stores.snapshot("projections", (projections) =>
      read({
        ...{ register: stores.database("register"), projections, places, cover, alerts, timezone, nowMs: atMs },
        ...{ window: windowOf(atMs), head: ledgerHead(stores.database("ledger")) },
      }),
    );
  }

  #openAlerts(cover: Cover): OpenAlerts | null {
    const { stores, places, onAlertsUnreadable } = this.#ports;
    try {
      places.refresh();
      const register = new GatewayRegister(stores.database("register"));
      const sites = new Map(register.gateways().map(({ gw, site }) => [gw, site]));
      return stores.snapshot("alerts", (alerts) =>
        readOpenAlerts(alerts, { cover, places }, (gw) => sites.get(gw) ?? gw),
      );
    } catch (error) {
      onAlertsUnreadable(error);
      return null;
    }
  }
}
