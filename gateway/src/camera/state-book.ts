import type { CameraBody, CameraState, CameraZone } from "@mingcheng/protocols";
import type { FromCameras } from "./process-messages.ts";

type StateMessage = FromCameras & { readonly type: "state" };

interface Told {
  readonly state: CameraState;
  readonly zone: CameraZone;
  readonly sinceMs: number;
}

/**
 * What was told of every camera's state, so that each change becomes one record: also over a camera process that was started
 * again, and whatever it says twice. `pending` is no state that anybody can act on and ends by itself within seconds, so it
 * is never told: a camera that is reached and lost again and again stays the fault that it is.
 */
export class StateBook {
  readonly #told = new Map<string, Told>();
  readonly #nowMs: () => number;

  /** `nowMs`: monotonic. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Body of the record that a change makes; undefined: it is told already, or nothing to tell. */
  take({ channel, zone, state, reason, files, picture }: StateMessage): CameraBody | undefined {
    const before = this.#told.get(channel);
    if (state === "pending" || before?.state === state) return undefined;
    // Nobody asked before the first picture, either.
    if (before === undefined && state === "none") return undefined;
    const nowMs = this.#nowMs();
    this.#told.set(channel, { state, zone, sinceMs: nowMs });
    return {
      ...{ event: "state", zone, state, previous: before?.state ?? null, reason: reason.slice(0, 256) },
      previousMs: before === undefined ? null : Math.max(0, Math.round(nowMs - before.sinceMs)),
      ...(files === undefined || files.length === 0 ? {} : { files: [...files] }),
      ...(picture === undefined ? {} : { picture }),
    };
  }

  /** Bodies that end what was told of cameras that are configured no more: no alarm about them may stay. */
  keepOnly(channels: ReadonlySet<string>): readonly { readonly channel: string; readonly body: CameraBody }[] {
    const gone = [...this.#told].filter(([channel]) => !channels.has(channel));
    return gone.map(([channel, { state, zone, sinceMs }]) => {
      this.#told.delete(channel);
      const previousMs = Math.max(0, Math.round(this.#nowMs() - sinceMs));
      const reason = "not configured any more";
      return { channel, body: { event: "state", zone, state: "none", previous: state, previousMs, reason } };
    });
  }
}
