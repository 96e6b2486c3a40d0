import { unidentifiedPrefix } from "../config/gateway-config.ts";
import type { DeviceConfig } from "../config/parse-config.ts";
import type { PortFinder, PortSurvey } from "./port-finder.ts";
import type { PresentPort } from "./present-ports.ts";

/** What the watch tells its supervisor. */
export interface WatchedDevices {
  adopt(device: DeviceConfig): void;
  release(id: string): Promise<void>;
  retryNow(id: string): void;
  status(): readonly { readonly id: string; readonly state: string; readonly quietForMs: number | null }[];
}

/** What {@link PortWatch} works with. */
export interface PortWatchOptions {
  readonly devices: readonly DeviceConfig[];
  readonly finder: PortFinder;
  readonly supervised: WatchedDevices;
  readonly clock: { nowMs(): number; after(delayMs: number, task: () => void): () => void };
  readonly log: { info(detail: object, message: string): void; warn(detail: object, message: string): void };
}

/** How often is looked. Together with opening a port it keeps "heard again within 5 s". */
const lookEveryMs = 1_000;
/** An unknown adapter that is not understood for so long is tried with the next driver. */
const turnAfterMs = 5_000;
const maxIdChars = 64;

/** Device id of an adapter that nobody has confirmed: `unidentified.` and the end of its path, which differs. */
export const unidentifiedId = (port: PresentPort): string => {
  const name = (port.byPath ?? port.byId ?? port.tty).replace(/^.*\//, "").replace(/[^A-Za-z0-9._-]/g, "-");
  return `${unidentifiedPrefix}${name.slice(-(maxIdChars - unidentifiedPrefix.length))}`;
};

interface Stray {
  readonly port: PresentPort;
  readonly since: number;
  readonly turn: number;
}

/** Ways in which a stray may speak: one for each different protocol and line of the missing devices. */
const waysOf = (missing: readonly DeviceConfig[]): readonly DeviceConfig[] => {
  const ways = new Map<string, DeviceConfig>();
  for (const device of missing) {
    const key = JSON.stringify([device.driver.protocol, device.serial]);
    if (!ways.has(key)) ways.set(key, device);
  }
  return [...ways.values()];
};

/** Adapters that belong to no configured device. Ports that are no USB adapters do not wander. */
const straysIn = ({ present, found }: PortSurvey): readonly PresentPort[] => {
  const taken = new Set(found.values());
  return present.filter(({ tty, identity }) => identity !== null && !taken.has(tty));
};

/**
 * Looks every second what is plugged in. A device whose adapter is there again is opened at once. While a device is missing, an
 * adapter that belongs to nobody is listened to as the missing ones would be, and what it says is captured under an id of
 * its own (`unidentifiedId`): never dropped, never taken for a device that it may not be. Changing the address in the
 * configuration settles who it is.
 */
export class PortWatch {
  private readonly options: PortWatchOptions;
  private readonly strays = new Map<string, Stray>();
  private cancel: (() => void) | undefined;
  private looking: Promise<void> | undefined;
  private stopped = false;

  constructor(options: PortWatchOptions) {
    this.options = options;
  }

  /** Looks now and from then on. Nothing to do on a gateway without serial devices. */
  start(): void {
    if (this.options.devices.some(({ address }) => !address.startsWith("tcp://"))) void this.look();
  }

  /** Looks no more; resolves when the look under way is over. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.cancel?.();
    await this.looking;
  }

  /** Looks once; a look under way is joined. */
  look(): Promise<void> {
    this.looking ??= this.lookOnce()
      .catch((error: unknown) => this.options.log.warn({ err: error }, "ports: cannot be looked at"))
      .finally(() => {
        this.looking = undefined;
        if (!this.stopped) this.cancel = this.options.clock.after(lookEveryMs, () => void this.look());
      });
    return this.looking;
  }

  private async lookOnce(): Promise<void> {
    const { devices, finder, supervised } = this.options;
    const survey = await finder.survey(devices);
    if (this.stopped) return;
    for (const { id, state } of supervised.status())
      if (state === "offline" && survey.found.has(id)) supervised.retryNow(id);
    const strays = new Map(straysIn(survey).map((port) => [unidentifiedId(port), port]));
    for (const id of this.strays.keys()) {
      if (strays.get(id)?.tty !== this.strays.get(id)?.port.tty) await this.letGo(id);
    }
    for (const [id, port] of strays) await this.attend(id, port, survey.missing);
  }

  private async letGo(id: string): Promise<void> {
    this.strays.delete(id);
    await this.options.supervised.release(id);
  }

  /** Begins to listen to a stray, or tries the next way when it was not understood. */
  private async attend(id: string, port: PresentPort, missing: readonly DeviceConfig[]): Promise<void> {
    const { clock, supervised } = this.options;
    const known = this.strays.get(id);
    const ways = waysOf(missing);
    if (ways.length === 0) return;
    if (known !== undefined) {
      const heard = supervised.status().find((device) => device.id === id);
      const isUnderstood = heard !== undefined && heard.quietForMs !== null;
      if (isUnderstood || ways.length === 1 || clock.nowMs() - known.since < turnAfterMs) return;
      await this.letGo(id);
    }
    if (this.stopped) return;
    const turn = known === undefined ? 0 : (known.turn + 1) % ways.length;
    const way = ways[turn] ?? ways[0];
    if (way === undefined) return;
    const path = port.byPath ?? port.byId ?? port.tty;
    const mayBe = missing.map((device) => device.id);
    if (known === undefined) {
      this.options.log.warn(
        { path, mayBe },
        "ports: an adapter that is no configured device is captured as unidentified",
      );
    }
    this.strays.set(id, { port, since: clock.nowMs(), turn });
    supervised.adopt({ ...way, id, address: path, unidentified: { path, mayBe } });
  }
}
