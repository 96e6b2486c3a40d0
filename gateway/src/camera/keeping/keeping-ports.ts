import type { CameraBody, CameraState } from "@mingcheng/protocols";
import type { ToldClock } from "../process-messages.ts";
import type { ClipSigner } from "../recording/clip.ts";

/** What recordings and stills need of the process they are in. */
export interface KeepingPorts {
  readonly gw: string;
  /** Monotonic, and milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  /** Milliseconds since 1970 by which what is kept grows old: see `CameraClock`. */
  readonly ageMs: () => number;
  readonly after: (delayMs: number, task: () => void) => () => void;
  readonly clock: () => ToldClock;
  /** Local time with offset. */
  readonly wallText: (ms: number) => string;
  /** How a camera stands now. */
  readonly stateOf: (channel: string) => CameraState;
  /** Tells a record; resolves once it is stored, however long that takes. */
  readonly tell: (channel: string, body: CameraBody) => Promise<void>;
  /** Signs for the gateway. */
  readonly sign: ClipSigner;
  /** Something that must be seen at once; null: it is over. */
  readonly alarm: (code: string, detail: string | null) => void;
  readonly onFault: (channel: string, error: unknown) => void;
}
