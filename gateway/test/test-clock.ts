import type { RecordTime } from "@mingcheng/protocols";
import { ManualClock } from "./outbox/manual-clock.ts";

/** A {@link ManualClock} with everything that capture and supervisor ask of time. */
export class TestClock extends ManualClock {
  time(): RecordTime {
    return { wall: this.wall(), mono_ms: this.nowMs(), boot: "boot-1", sync: "ntp", err_ms: 50 };
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const end = (): void => {
        cancel();
        signal.removeEventListener("abort", end);
        resolve();
      };
      const cancel = this.after(ms, end);
      signal.addEventListener("abort", end);
    });
  }
}

/** Lets everything run that waits for no timer and no disk. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
};
