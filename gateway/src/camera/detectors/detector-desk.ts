import type { CameraBody } from "@mingcheng/protocols";
import type { KeepingPorts } from "../keeping/keeping-ports.ts";
import type { KeptStill, StillAsk } from "../keeping/still-desk.ts";
import type { Fragment } from "../media/fragment.ts";
import type { RelayedChannel } from "../relay/channels.ts";
import type { MeasuredPicture } from "../watch/camera-watch.ts";
import { type Detector, type Finding, FindingBook } from "./detector.ts";

/** What the desk works with. */
export interface DetectorDeskOptions extends Pick<KeepingPorts, "after" | "tell" | "wallText" | "stateOf" | "onFault"> {
  readonly detectors: readonly Detector[];
  /** Keeps the picture that a finding stands on. */
  readonly keep: (channel: RelayedChannel, fragment: Fragment, ask: StillAsk) => Promise<KeptStill>;
}

/** A detector that takes longer is told to end; pictures that come meanwhile are not shown to it. */
const inspectMs = 10_000;

/**
 * Shows measured pictures to detectors and tells what several pictures agree on: as a belief, with its certainty and the
 * picture it stands on. What follows from it is a person's to decide.
 */
export class DetectorDesk {
  readonly #options: DetectorDeskOptions;
  readonly #book = new FindingBook();
  readonly #busy = new Set<string>();

  constructor(options: DetectorDeskOptions) {
    this.#options = options;
  }

  /** A picture was measured. Never rejects. */
  async show(picture: MeasuredPicture): Promise<void> {
    const { zone } = picture.channel.config;
    const asked = this.#options.detectors.filter(({ zones }) => zones.includes(zone));
    await Promise.all(asked.map((detector) => this.#ask(detector, picture)));
  }

  /** A camera was away: what was seen before says nothing of what comes. */
  forget(channel: string): void {
    this.#book.forget(channel);
  }

  async #ask(detector: Detector, { channel, fragment, grey }: MeasuredPicture): Promise<void> {
    const { id, zone } = channel.config;
    const key = `${detector.name}\n${id}`;
    if (this.#busy.has(key)) return;
    this.#busy.add(key);
    const stopping = new AbortController();
    const cancel = this.#options.after(inspectMs, () => stopping.abort());
    const shown = { channel: id, zone, monoMs: fragment.monoMs, grey };
    const frame = { begin: fragment.begin, fragment: fragment.bytes };
    try {
      const sightings = await detector.inspect({ ...shown, frame }, stopping.signal);
      for (const finding of this.#book.add(detector, shown, sightings)) await this.#tell(channel, fragment, finding);
    } catch (error) {
      this.#options.onFault(id, error);
    } finally {
      cancel();
      this.#busy.delete(key);
    }
  }

  async #tell(channel: RelayedChannel, fragment: Fragment, found: Finding): Promise<void> {
    const { keep, tell, wallText, stateOf } = this.#options;
    const { id, zone } = channel.config;
    const { channel: _channel, ...finding } = found;
    const ref = `finding-${id.slice(0, 30)}-${Math.round(fragment.wallMs)}`;
    const cause: NonNullable<CameraBody["cause"]> = { type: "finding", ref };
    const kept = await keep(channel, fragment, { id: ref, cause, by: finding.detector.slice(0, 64) });
    const at = wallText(fragment.wallMs);
    await tell(id, {
      ...{ event: "finding", zone, state: stateOf(id), previous: null, previousMs: null, from: at, until: at },
      ...{ reason: `${finding.detector} ${finding.version} believes to see ${finding.class}`.slice(0, 256) },
      ...{ cause, finding, files: [...kept.files] },
    });
  }
}
