import type {
  AlertDetail,
  AlertList,
  CameraEventView,
  CameraList,
  DeviceList,
  DutyOfficer,
  DutyView,
  GatewayList,
  MessagePage,
  MessageQuery,
  QuarantineList,
  QuarantineQuery,
  RecordPage,
  RoutingView,
  SiteView,
  Today,
  Trend,
} from "@mingcheng/protocols";
import { People } from "../duty/people.ts";
import { Roster } from "../duty/roster.ts";
import type { PlaceFinder } from "../register/attribution/place-finder.ts";
import { GatewayRegister } from "../register/gateway-register.ts";
import { zoneClock } from "../register/model/validity.ts";
import type { EmbeddedTimeSeries } from "../timeseries/embedded-time-series.ts";
import { Cover } from "../users/cover.ts";
import { type AlertsAsked, type AlertsSeen, alertDetail, alertList, type Sites } from "./queries/alert-query.ts";
import { type CameraSpan, cameraEvents, cameraViews } from "./queries/camera-query.ts";
import { dayWindows } from "./queries/day-window.ts";
import { devicesOfDay } from "./queries/device-query.ts";
import { type GatewaysAsked, gatewaySummaries, gatewayViews, restoreViews } from "./queries/gateway-query.ts";
import { messagePage } from "./queries/message-query.ts";
import { quarantineList } from "./queries/quarantine-query.ts";
import { isoTime, type ReadStores } from "./queries/read-stores.ts";
import { ledgerHead, projectedLsn, type RecordsAsked, recordPage, recordSlice } from "./queries/record-query.ts";
import { dutyView, routingInForce, routingView } from "./queries/roster-query.ts";
import { camerasAt, seenSite, siteReadings } from "./queries/site-query.ts";
import { todayView } from "./queries/today-query.ts";
import { seriesOver, trendView } from "./queries/trend-query.ts";
import { TodayCache } from "./today-cache.ts";
import { WallReader } from "./wall/wall-reader.ts";

/** What {@link CentreReader} works with. */
export interface CentreReaderPorts {
  readonly stores: ReadStores;
  /** Says where everything belongs; kept up to date here before it is asked. */
  readonly places: PlaceFinder;
  readonly timezone: string;
  readonly nowMs: () => number;
  /** The alerts cannot be read now: the rest of the day's view stands without them. */
  readonly onAlertsUnreadable: (error: unknown) => void;
}

/** So many open alerts of one site are listed. */
const mostOfSite = 50;

/** No gateway's id. */
const nobodysGateway = "-";

/** Everything that the API shows, read from the stores. Writes nothing. */
export class CentreReader {
  readonly #ports: CentreReaderPorts;
  readonly #windowOf: ReturnType<typeof dayWindows>;
  readonly #today: TodayCache<Today>;
  /** The same in few words, for walls. */
  readonly wall: WallReader;
  readonly #people: People;
  readonly #series: EmbeddedTimeSeries;

  constructor(ports: CentreReaderPorts) {
    this.#ports = ports;
    const { stores } = ports;
    this.#people = new People(
      () => stores.database("register"),
      () => stores.version("register"),
    );
    this.#windowOf = dayWindows(ports.timezone);
    this.#series = seriesOver(stores, () => this.#places(), this.#windowOf);
    this.#today = new TodayCache({
      version: () => this.#version(),
      read: (gw, cover) => this.#readToday(gw, cover),
      nowMs: ports.nowMs,
    });
    this.wall = new WallReader({ ...ports, windowOf: this.#windowOf, version: () => this.#version() });
  }

  /** The business day so far; of one gateway, or of all (null). */
  today(gw: string | null, cover: Cover): Today {
    return this.#today.get(this.#asked(gw, cover), cover);
  }

  /** The business day so far by hours. */
  trend(cover: Cover): Trend {
    const { timezone, nowMs } = this.#ports;
    const atMs = nowMs();
    return trendView({ series: this.#series, cover, window: this.#windowOf(atMs), timezone, nowMs: atMs });
  }

  /** Something was changed through this thread: the next view of the day shows it. */
  changed(): void {
    this.#today.forget();
    this.wall.forget();
  }

  records(asked: RecordsAsked, cover: Cover): RecordPage {
    const { stores } = this.#ports;
    const places = this.#places();
    const gateway = this.#asked(asked.gateway ?? null, cover) ?? undefined;
    return stores.snapshot("projections", (projections) =>
      recordPage(projections, stores.database("ledger"), { ...asked, gateway, cover, places }),
    );
  }

  /** Records behind a ledger number, for streams: all of them, each with its place. */
  recordSlice(after: number, limit: number): ReturnType<typeof recordSlice> {
    const { stores } = this.#ports;
    const places = this.#places();
    return stores.snapshot("projections", (projections) =>
      recordSlice(projections, stores.database("ledger"), { after, limit, cover: Cover.everything, places }),
    );
  }

  /** Ledger number that the projections contain. */
  position(): number {
    return projectedLsn(this.#ports.stores.database("projections"));
  }

  devices(gw: string | null, cover: Cover): DeviceList {
    const { nowMs } = this.#ports;
    const atMs = nowMs();
    const window = this.#windowOf(atMs);
    const devices = this.#inPlaces(cover, (asked) => {
      const gateways = gatewaySummaries(asked);
      return devicesOfDay(asked.projections, { ...asked, window, gateways, gw: this.#asked(gw, cover) }).devices;
    });
    return { asOf: isoTime(atMs), devices };
  }

  gateways(cover: Cover): GatewayList {
    const ledger = this.#ports.stores.database("ledger");
    const gateways = this.#inPlaces(cover, (asked) => gatewayViews({ ...asked, ledger }));
    return { asOf: isoTime(this.#ports.nowMs()), restores: restoreViews(ledger), gateways };
  }

  cameras(cover: Cover): CameraList {
    const ledger = this.#ports.stores.database("ledger");
    const cameras = this.#inPlaces(cover, (asked) => cameraViews({ ...asked, ledger }));
    return { asOf: isoTime(this.#ports.nowMs()), cameras };
  }

  /** What happened to a camera and its recording. */
  cameraEvents(span: CameraSpan, cover: Cover): CameraEventView[] {
    const ledger = this.#ports.stores.database("ledger");
    return this.#inPlaces(cover, (asked) => cameraEvents({ ...asked, ledger }, span));
  }

  quarantine({ gateway, limit }: QuarantineQuery, cover: Cover): QuarantineList {
    const { stores, nowMs } = this.#ports;
    const asked = { gw: this.#asked(gateway ?? null, cover), limit, nowMs: nowMs(), cover, places: this.#places() };
    return quarantineList(stores.database("ledger"), stores.database("projections"), asked);
  }

  alerts(asked: Omit<AlertsAsked, "nowMs">, cover: Cover): AlertList {
    const { stores, nowMs } = this.#ports;
    const seen = this.#alertsSeen(cover);
    const gw = this.#asked(asked.gw, cover);
    return stores.snapshot("alerts", (alerts) => alertList(alerts, seen, { ...asked, gw, nowMs: nowMs() }));
  }

  /** One alert; undefined when there is none that `cover` contains. */
  alert(id: string, cover: Cover): AlertDetail | undefined {
    const seen = this.#alertsSeen(cover);
    return this.#ports.stores.snapshot("alerts", (alerts) => alertDetail(alerts, seen, id));
  }

  #alertsSeen(cover: Cover): AlertsSeen {
    const nowMs = this.#ports.nowMs();
    const people = this.#people;
    return { cover, places: this.#places(), sites: this.#sites(), roster: this.#roster(), people, nowMs };
  }

  /** Officers of the register who sign in under a user name now. */
  officersOf(user: string): DutyOfficer[] {
    return this.#people.officersOf(user, this.#ports.nowMs());
  }

  /** What the register called a user or officer at a time. */
  nameOf(word: string, atMs: number): string | undefined {
    return this.#people.nameOf(word, atMs);
  }

  /** Messages to people, as `cover` lets them be seen. */
  messages(query: MessageQuery, cover: Cover): MessagePage {
    const { stores, nowMs } = this.#ports;
    const seen = { cover, places: this.#places(), roster: this.#roster(), nowMs: nowMs() };
    return stores.snapshot("alerts", (alerts) => messagePage(alerts, seen, query));
  }

  /** Who answers for the sites that `cover` contains; `atMs` null: now. */
  duty({ atMs, site }: { readonly atMs: number | null; readonly site: string | null }, cover: Cover): DutyView {
    const { stores, nowMs } = this.#ports;
    this.#places();
    const [register, alerts] = [stores.database("register"), stores.database("alerts")];
    return dutyView({ register, alerts, roster: this.#roster() }, { cover, atMs: atMs ?? nowMs(), site });
  }

  /** One site with all that is there now; undefined when there is none that `cover` contains. */
  site(code: string, cover: Cover): SiteView | undefined {
    const { stores, nowMs } = this.#ports;
    const atMs = nowMs();
    const register = stores.database("register");
    const asked = { register, places: this.#places(), cover, nowMs: atMs };
    const site = seenSite(asked, code);
    if (site === undefined) return undefined;
    const window = this.#windowOf(atMs);
    const readings = this.#inPlaces(cover, (read) => siteReadings({ ...read, window }, code));
    const here = Cover.bounded({ areas: [], sites: [code] });
    const {
      alerts,
      firing,
      acknowledged,
      handled = 0,
    } = this.alerts({ which: "open", gw: null, limit: mostOfSite }, here);
    const openAlerts = firing + acknowledged + handled;
    return { asOf: isoTime(atMs), site, alerts, openAlerts, ...readings, cameras: camerasAt(asked, code) };
  }

  /** How alerts are routed; undefined before the first start. */
  routing(): RoutingView | undefined {
    const routing = routingInForce(this.#ports.stores.database("alerts"));
    return routing === undefined ? undefined : routingView(routing);
  }

  #roster(): Roster {
    return new Roster(this.#ports.stores.database("register"), zoneClock(this.#ports.timezone));
  }

  /**
   * The gateway that is asked for by name, as somebody with `cover` may know it: one that never had anything within it is none,
   * before anything is read, so that it takes no longer than one that nobody has.
   */
  #asked(gw: string | null, cover: Cover): string | null {
    if (gw === null || cover.whole) return gw;
    return this.#places().seesAnyOf(cover, gw, 0, this.#ports.nowMs() + 60_000) ? gw : nobodysGateway;
  }

  /** Up to date with the register. */
  #places(): PlaceFinder {
    const { places } = this.#ports;
    places.refresh();
    return places;
  }

  #inPlaces<Result>(cover: Cover, read: (asked: GatewaysAsked) => Result): Result {
    const { stores, nowMs } = this.#ports;
    const places = this.#places();
    return stores.snapshot("projections", (projections) =>
      read({ register: stores.database("register"), projections, places, cover, nowMs: nowMs() }),
    );
  }

  #sites(): Sites {
    const register = new GatewayRegister(this.#ports.stores.database("register"));
    return new Map(register.gateways().map(({ gw, site }) => [gw, site]));
  }

  #version(): string {
    const { stores } = this.#ports;
    const names = ["register", "projections", "ledger"] as const;
    return [...names.map((name) => stores.version(name)), this.#alertsVersion()].join(".");
  }

  #alertsVersion(): number | null {
    try {
      return this.#ports.stores.version("alerts");
    } catch {
      return null;
    }
  }

  #readToday(gw: string | null, cover: Cover): Today {
    const { stores, timezone, nowMs } = this.#ports;
    const atMs = nowMs();
    const alerts = this.#openAlerts(gw, cover);
    return this.#inPlaces(cover, (asked) =>
      todayView({
        ...{ ...asked, window: this.#windowOf(atMs), timezone, gw },
        ...{ nowMs: atMs, head: ledgerHead(stores.database("ledger")), alerts },
      }),
    );
  }

  #openAlerts(gw: string | null, cover: Cover): AlertList | null {
    try {
      return this.alerts({ which: "open", gw, limit: 100 }, cover);
    } catch (error) {
      this.#ports.onAlertsUnreadable(error);
      return null;
    }
  }
}
