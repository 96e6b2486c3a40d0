import type {
  AlertDetail,
  AlertList,
  DeviceList,
  GatewayList,
  QuarantineList,
  QuarantineQuery,
  RecordPage,
  Today,
} from "@mingcheng/protocols";
import { GatewayRegister } from "../register/gateway-register.ts";
import { type AlertsAsked, alertDetail, alertList, type Sites } from "./queries/alert-query.ts";
import { dayWindows } from "./queries/day-window.ts";
import { deviceViews } from "./queries/device-query.ts";
import { gatewaySummaries, gatewayViews } from "./queries/gateway-query.ts";
import { quarantineList } from "./queries/quarantine-query.ts";
import { isoTime, type ReadStores } from "./queries/read-stores.ts";
import { ledgerHead, projectedLsn, type RecordsAsked, recordPage, recordSlice } from "./queries/record-query.ts";
import { todayView } from "./queries/today-query.ts";
import { TodayCache } from "./today-cache.ts";

/** What {@link CentreReader} works with. */
export interface CentreReaderPorts {
  readonly stores: ReadStores;
  readonly timezone: string;
  readonly nowMs: () => number;
  /** The alerts cannot be read now: the rest of the day's view stands without them. */
  readonly onAlertsUnreadable: (error: unknown) => void;
}

/** Everything that the API shows, read from the stores. Writes nothing. */
export class CentreReader {
  readonly #ports: CentreReaderPorts;
  readonly #windowOf: ReturnType<typeof dayWindows>;
  readonly #today: TodayCache;

  constructor(ports: CentreReaderPorts) {
    this.#ports = ports;
    this.#windowOf = dayWindows(ports.timezone);
    this.#today = new TodayCache({
      version: () => this.#version(),
      read: (gw) => this.#readToday(gw),
      nowMs: ports.nowMs,
    });
  }

  /** The business day so far; of one gateway, or of all (null). */
  today(gw: string | null): Today {
    return this.#today.get(gw);
  }

  /** Something was changed through this thread: the next view of the day shows it. */
  changed(): void {
    this.#today.forget();
  }

  records(asked: RecordsAsked): RecordPage {
    const { stores } = this.#ports;
    return stores.snapshot("projections", (projections) => recordPage(projections, stores.database("ledger"), asked));
  }

  /** Records behind a ledger number, for streams. */
  recordSlice(after: number, limit: number): ReturnType<typeof recordSlice> {
    const { stores } = this.#ports;
    return stores.snapshot("projections", (projections) =>
      recordSlice(projections, stores.database("ledger"), after, limit),
    );
  }

  /** Ledger number that the projections contain. */
  position(): number {
    return projectedLsn(this.#ports.stores.database("projections"));
  }

  devices(gw: string | null): DeviceList {
    const { stores, nowMs } = this.#ports;
    const window = this.#windowOf(nowMs());
    const devices = stores.snapshot("projections", (projections) => {
      const gateways = gatewaySummaries(stores.database("register"), projections);
      return deviceViews(projections, { window, gateways, gw });
    });
    return { asOf: isoTime(nowMs()), devices };
  }

  gateways(): GatewayList {
    const { stores, nowMs } = this.#ports;
    const gateways = stores.snapshot("projections", (projections) =>
      gatewayViews(stores.database("register"), projections),
    );
    return { asOf: isoTime(nowMs()), gateways };
  }

  quarantine({ gateway, limit }: QuarantineQuery): QuarantineList {
    const { stores, nowMs } = this.#ports;
    const asked = { gw: gateway ?? null, limit, nowMs: nowMs() };
    return quarantineList(stores.database("ledger"), stores.database("projections"), asked);
  }

  alerts(asked: Omit<AlertsAsked, "nowMs">): AlertList {
    const { stores, nowMs } = this.#ports;
    return stores.snapshot("alerts", (alerts) => alertList(alerts, this.#sites(), { ...asked, nowMs: nowMs() }));
  }

  alert(id: string): AlertDetail | undefined {
    return this.#ports.stores.snapshot("alerts", (alerts) => alertDetail(alerts, this.#sites(), id));
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

  #readToday(gw: string | null): Today {
    const { stores, timezone, nowMs } = this.#ports;
    const atMs = nowMs();
    const alerts = this.#openAlerts(gw);
    return stores.snapshot("projections", (projections) =>
      todayView({
        ...{ register: stores.database("register"), projections, window: this.#windowOf(atMs), timezone, gw },
        ...{ nowMs: atMs, head: ledgerHead(stores.database("ledger")), alerts },
      }),
    );
  }

  #openAlerts(gw: string | null): AlertList | null {
    try {
      return this.alerts({ which: "open", gw, limit: 100 });
    } catch (error) {
      this.#ports.onAlertsUnreadable(error);
      return null;
    }
  }
}
