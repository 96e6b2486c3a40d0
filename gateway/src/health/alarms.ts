import type { ErrorCode } from "@mingcheng/protocols";

/** Something that must be seen even when no record can be captured. */
export interface Alarm {
  readonly code: ErrorCode;
  /** Local time with offset. */
  readonly since: string;
  readonly detail: string;
}

/** Where alarms go besides the status: the state topic. */
export interface AlarmSink {
  setAlarm(code: string, detail: string): void;
  clearAlarm(code: string): void;
}

/** The alarms in force. They are handed to the uplink as soon as there is one. */
export class Alarms {
  private readonly wall: () => string;
  private readonly active = new Map<ErrorCode, Alarm>();
  private sink: AlarmSink | undefined;

  constructor(wall: () => string) {
    this.wall = wall;
  }

  raise(code: ErrorCode, detail: string): void {
    const since = this.active.get(code)?.since ?? this.wall();
    this.active.set(code, { code, since, detail });
    this.sink?.setAlarm(code, detail);
  }

  clear(code: ErrorCode): void {
    if (this.active.delete(code)) this.sink?.clearAlarm(code);
  }

  attach(sink: AlarmSink): void {
    this.sink = sink;
    for (const { code, detail } of this.active.values()) sink.setAlarm(code, detail);
  }

  list(): readonly Alarm[] {
    return [...this.active.values()];
  }
}
