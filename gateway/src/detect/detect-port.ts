import { type DeviceCodec, type ErrorCode, MingchengError } from "@mingcheng/protocols";
import type { DriverDefinition, SessionClock } from "../drivers/define-driver.ts";
import type { ByteStream, SerialSettings } from "../transports/byte-stream.ts";
import { baudRates, heardSettings, listeningSettings, settingsText } from "./line-settings.ts";
import { type Heard, listen } from "./listen.ts";
import { probeLine } from "./probe-line.ts";
import { probesOf } from "./probes.ts";
import type { Candidate, Outcome } from "./rank.ts";

/** What detecting needs of the world. */
export interface DetectPorts {
  readonly clock: SessionClock;
  /** @throws {MingchengError} DEVICE_OPEN_FAILED */
  open(address: string, settings: SerialSettings, signal: AbortSignal): Promise<ByteStream>;
  /** A word on what is being tried. */
  progress(step: DetectStep): void;
}

/** What is being tried on a port. */
export interface DetectStep {
  readonly address: string;
  readonly doing: "listening" | "probing";
  /** `9600 8N1`; null on TCP. */
  readonly settings: string | null;
  readonly protocol: string | null;
}

/** What to try. */
export interface DetectPlan {
  readonly drivers: readonly DriverDefinition[];
  readonly codecs: readonly DeviceCodec[];
  /** So long a port is listened to at most. */
  readonly listenMs: number;
  /** Send read requests to a port where listening recognised nothing. */
  readonly probe: boolean;
}

/** What was found at one address. */
export interface PortFinding {
  readonly address: string;
  readonly outcome: Outcome | "failed";
  readonly candidates: readonly Candidate[];
  readonly equals: number;
  /** Settings of the line; null on TCP and when nothing was recognised. */
  readonly settings: SerialSettings | null;
  /** Bytes heard with the settings named, or in all when there are none. */
  readonly bytes: number;
  readonly probed: boolean;
  readonly fault: { readonly code: ErrorCode; readonly message: string } | null;
}

interface Hearing extends Heard {
  readonly settings: SerialSettings | null;
  readonly probed: boolean;
}

const worthOf = ({ ranking }: Hearing): number =>
  (ranking.outcome === "recognised" || ranking.outcome === "ambiguous" ? 1 : 0) + (ranking.candidates[0]?.score ?? 0);

const isFound = (hearing: Hearing | undefined): boolean => hearing !== undefined && worthOf(hearing) >= 1;

const bestOf = (hearings: readonly Hearing[]): Hearing | undefined =>
  [...hearings].sort((a, b) => worthOf(b) - worthOf(a) || b.total - a.total)[0];

const sliceMs = 1_500;
const promisingMs = 4_000;

const withStream = async <Result>(
  ports: DetectPorts,
  address: string,
  settings: SerialSettings,
  signal: AbortSignal,
  work: (stream: ByteStream) => Promise<Result>,
): Promise<Result> => {
  const stream = await ports.open(address, settings, signal);
  try {
    return await work(stream);
  } finally {
    await stream.close();
  }
};

const isTcp = (address: string): boolean => address.startsWith("tcp://");

/** Every setting in turn, and again, until something is found or the time is over. */
const listenToPort = async (
  address: string,
  plan: DetectPlan,
  ports: DetectPorts,
  signal: AbortSignal,
): Promise<readonly Hearing[]> => {
  const endMs = ports.clock.nowMs() + plan.listenMs;
  const leftMs = (): number => endMs - ports.clock.nowMs();
  const hearings: Hearing[] = [];
  const tcp = isTcp(address);
  while (leftMs() > 0 && !signal.aborted) {
    for (const baudRate of tcp ? baudRates.slice(0, 1) : baudRates) {
      if (leftMs() <= 0 || signal.aborted) break;
      const settings = listeningSettings(baudRate);
      ports.progress({ address, doing: "listening", settings: tcp ? null : settingsText(settings), protocol: null });
      const patience = {
        sliceMs: tcp ? leftMs() : Math.min(sliceMs, leftMs()),
        promisingMs: Math.min(tcp ? plan.listenMs : promisingMs, leftMs()),
      };
      const heard = await withStream(ports, address, settings, signal, (stream) =>
        listen(stream, plan.codecs, ports.clock, signal, patience),
      );
      hearings.push({ ...heard, settings: tcp ? null : settings, probed: false });
      if (isFound(hearings.at(-1))) return hearings;
    }
  }
  return hearings;
};

/** Asks with every driver's own settings, because a device may ignore a request with the wrong parity. */
const probePort = async (
  address: string,
  plan: DetectPlan,
  ports: DetectPorts,
  signal: AbortSignal,
): Promise<readonly Hearing[]> => {
  const tcp = isTcp(address);
  const hearings: Hearing[] = [];
  for (const probe of probesOf(plan.drivers)) {
    if (signal.aborted) break;
    const settings = probe.driver.transportDefaults;
    const { protocol } = probe.driver;
    ports.progress({ address, doing: "probing", settings: tcp ? null : settingsText(settings), protocol });
    const heard = await withStream(ports, address, settings, signal, (stream) =>
      probeLine(stream, probe, plan.codecs, ports.clock, signal),
    );
    hearings.push({ ...heard, settings: tcp ? null : settings, probed: true });
    if (isFound(hearings.at(-1))) break;
  }
  return hearings;
};

const failed = (address: string, error: unknown): PortFinding => {
  if (!(error instanceof MingchengError)) throw error;
  const fault = { code: error.code, message: error.message };
  const nothing = { candidates: [], equals: 0, settings: null, bytes: 0, probed: false };
  return { address, outcome: "failed", ...nothing, fault };
};

const findingOf = (address: string, hearings: readonly Hearing[], probed: boolean): PortFinding => {
  const best = bestOf(hearings);
  const first = best?.ranking.candidates[0];
  const bytes = hearings.reduce((sum, { total }) => sum + total, 0);
  if (best === undefined || first === undefined) {
    const outcome = bytes === 0 ? "silent" : "unknown";
    return { address, outcome, candidates: [], equals: 0, settings: null, bytes, probed, fault: null };
  }
  const { ranking, settings } = best;
  const told =
    best.probed || settings === null ? settings : heardSettings(settings.baudRate, best.bytes, first.maskable);
  return { address, ...ranking, settings: told, bytes: best.total, probed: best.probed, fault: null };
};

/**
 * Finds out what speaks at one address. Listens only; with `plan.probe`, and only where listening recognised nothing,
 * sends the read requests of `probesOf` and nothing else. Never rejects for what a port does: that is a finding, too.
 */
export const detectPort = async (
  address: string,
  plan: DetectPlan,
  ports: DetectPorts,
  signal: AbortSignal,
): Promise<PortFinding> => {
  try {
    const heard = await listenToPort(address, plan, ports, signal);
    if (!plan.probe || isFound(bestOf(heard))) return findingOf(address, heard, false);
    return findingOf(address, [...heard, ...(await probePort(address, plan, ports, signal))], true);
  } catch (error) {
    return failed(address, error);
  }
};
