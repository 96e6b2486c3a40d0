import { setMaxListeners } from "node:events";
import { realpath } from "node:fs/promises";
import { MingchengError, type SetupDetection, type SetupDetectStep, type SetupFinding } from "@mingcheng/protocols";
import { unidentifiedPrefix } from "../config/gateway-config.ts";
import { bestAddressOf, type Detected, detect } from "../detect/detect.ts";
import type { DetectPorts } from "../detect/detect-port.ts";
import type { SerialSettings } from "../transports/byte-stream.ts";
import { openTransport, parseTransportAddress } from "../transports/open-transport.ts";
import { findingView } from "./finding-view.ts";
import { occupants } from "./state-view.ts";
import type { WebParts } from "./web-parts.ts";

/** What to look at. */
export interface DetectOrder {
  /** None: every serial port where no device is heard. */
  readonly addresses: readonly string[];
  readonly seconds: number;
  readonly probe: boolean;
}

interface Target {
  readonly address: string;
  /** Who is configured there, or captured as unidentified. */
  readonly occupant: string | null;
}

/** A device that is heard has found its settings. */
const isHeard = (parts: WebParts, id: string): boolean =>
  parts.supervisor
    .status()
    .some((device) => device.id === id && device.state === "online" && device.quietForMs !== null);

/** Everything that was recognised or could be, by the address that is to be configured. */
interface Found {
  readonly settings: SerialSettings | null;
}

const idle: SetupDetection = {
  ...{ state: "idle", startedAt: null, seconds: 0, probe: false },
  ...{ waiting: [], findings: [], inUse: [] },
};

/** @throws {MingchengError} INPUT_INVALID */
const checkAddress = (address: string): void => {
  const expected = "expected tcp://host:port or a port path such as /dev/ttyUSB0";
  try {
    if (parseTransportAddress(address).kind !== "folder") return;
  } catch (cause) {
    throw new MingchengError("INPUT_INVALID", `${address}: ${expected}`, { field: "addresses", cause });
  }
  throw new MingchengError("INPUT_INVALID", `${address}: ${expected}`, { field: "addresses" });
};

/** Detecting from the set-up page, one at a time. Ports of devices that are heard are left alone. */
export class DetectJob {
  private readonly parts: WebParts;
  private readonly onChange: (detection: SetupDetection) => void;
  private readonly openLine: DetectPorts["open"];
  private detection: SetupDetection = idle;
  private found = new Map<string, Found>();
  private running: Promise<void> | undefined;
  private stopping = new AbortController();

  constructor(
    parts: WebParts,
    onChange: (detection: SetupDetection) => void,
    openLine: DetectPorts["open"] = openTransport,
  ) {
    this.parts = parts;
    this.onChange = onChange;
    this.openLine = openLine;
  }

  get now(): SetupDetection {
    return this.detection;
  }

  get isRunning(): boolean {
    return this.running !== undefined;
  }

  /** Settings that were found at an address; undefined when it was not looked at. */
  settingsAt(address: string): Found | undefined {
    return this.found.get(address);
  }

  /** Begins; resolves once it is clear which ports are looked at. @throws {MingchengError} DETECT_BUSY, INPUT_INVALID */
  async start(order: DetectOrder): Promise<SetupDetection> {
    if (this.running !== undefined) throw new MingchengError("DETECT_BUSY", "a detection is under way");
    for (const address of order.addresses) checkAddress(address);
    let begun = (): void => undefined;
    let failed = (_error: unknown): void => undefined;
    const clear = new Promise<void>((resolve, reject) => {
      begun = resolve;
      failed = reject;
    });
    this.stopping = new AbortController();
    setMaxListeners(0, this.stopping.signal);
    this.running = this.run(order, begun)
      .catch(failed)
      .finally(() => {
        this.running = undefined;
        this.tell({ state: "done", waiting: [] });
      });
    await clear;
    return this.detection;
  }

  /** Ends what is under way; resolves when every port is free. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private tell(change: Partial<SetupDetection>): void {
    this.detection = { ...this.detection, ...change };
    this.onChange(this.detection);
  }

  private async targets({
    addresses,
  }: DetectOrder): Promise<{ readonly free: Target[]; readonly inUse: SetupDetection["inUse"] }> {
    const { parts } = this;
    const survey = await parts.finder.survey(parts.config().devices);
    const at = occupants(parts, survey);
    const wanted = addresses.length > 0 ? addresses : survey.present.map(bestAddressOf);
    const all = await Promise.all(
      wanted.map(async (address): Promise<Target> => {
        const target = parseTransportAddress(address);
        if (target.kind === "serial") {
          const tty = await realpath(target.path).catch(() => target.path);
          return { address, occupant: at.get(tty) ?? null };
        }
        const same = parts.config().devices.find((device) => device.address === address);
        return { address, occupant: same?.id ?? null };
      }),
    );
    const isInUse = ({ occupant }: Target): boolean => occupant !== null && isHeard(parts, occupant);
    return {
      free: all.filter((target) => !isInUse(target)),
      inUse: all.filter(isInUse).map(({ address, occupant }) => ({ address, device: occupant ?? "" })),
    };
  }

  private async run(order: DetectOrder, begun: () => void): Promise<void> {
    const { parts } = this;
    const resume = await parts.pausePorts();
    try {
      const { free, inUse } = await this.targets(order);
      const { seconds, probe } = order;
      this.found.clear();
      this.tell({ state: "running", startedAt: parts.clock.wall(), seconds, probe, waiting: [], findings: [], inUse });
      begun();
      const taken = new Set(parts.config().devices.map(({ id }) => id));
      const suggest = (deviceClass: string): string => {
        for (let number = 1; ; number++) {
          const id = `${deviceClass}-${number}`;
          if (taken.has(id)) continue;
          taken.add(id);
          return id;
        }
      };
      await Promise.all(free.map((target) => this.look(target, order, suggest)));
    } finally {
      resume();
    }
  }

  /** Looks at one address. A device there that is not heard lets go of the line for so long. */
  private async look(
    { address, occupant }: Target,
    { seconds, probe }: DetectOrder,
    suggest: (deviceClass: string) => string,
  ): Promise<void> {
    const { supervisor, clock, places } = this.parts;
    const resting = occupant === null ? undefined : supervisor.deviceOf(occupant);
    if (occupant !== null) await supervisor.release(occupant);
    try {
      const ports: DetectPorts = { clock, open: this.openLine, progress: (step) => this.waits(step) };
      const { signal } = this.stopping;
      const { ports: seen } = await detect(
        { addresses: [address], listenMs: seconds * 1000, probe },
        ports,
        places,
        signal,
      );
      const device = occupant?.startsWith(unidentifiedPrefix) === true ? null : occupant;
      for (const detected of seen) this.keep(detected, findingView(detected, device, suggest));
    } finally {
      if (resting !== undefined) supervisor.adopt(resting);
    }
  }

  private waits(step: SetupDetectStep): void {
    const { address, doing, settings, protocol } = step;
    const others = this.detection.waiting.filter((other) => other.address !== address);
    this.tell({ waiting: [...others, { address, doing, settings, protocol }] });
  }

  private keep({ finding, bestAddress }: Detected, view: SetupFinding): void {
    this.found.set(bestAddress, { settings: finding.settings });
    const waiting = this.detection.waiting.filter(({ address }) => address !== finding.address);
    this.tell({ waiting, findings: [...this.detection.findings, view] });
  }
}
