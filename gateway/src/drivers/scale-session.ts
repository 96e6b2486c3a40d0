import {
  initialScaleState,
  initialSettling,
  interruptSettling,
  type ScaleEventBody,
  type SettledLoad,
  type SettlingStep,
  toGrams,
  trackLoad,
  trackScaleState,
  type WeighingBody,
} from "@mingcheng/protocols";
import { bytesOf, type DeviceCodec, type DeviceEvent, type ReadingEvent } from "@mingcheng/protocols/devices";
import type { ByteStream } from "../transports/byte-stream.ts";
import type { CaptureDraft, DriverSession, SessionContext } from "./define-driver.ts";
import { endsInTime } from "./ending.ts";
import { createLineReader } from "./line-reader.ts";
import type { ScaleConfig } from "./scale-config.ts";

/** A line that says nothing for so long has finished what it was saying. */
const idleMs = 300;
/** Captures under way at once; beyond that reading waits for the disk. */
const maxCapturesUnderWay = 16;

const gramsOf = (value: string | null, unit: string | null): string | null =>
  value === null || unit === null ? null : toGrams(value, unit);

const weighingDraft = (protocol: string, load: SettledLoad): CaptureDraft => {
  const { reading } = load;
  const body: WeighingBody = {
    protocol,
    value: load.value,
    unit: reading.unit ?? "",
    grams: gramsOf(load.value, reading.unit),
    mode: reading.mode,
    stable: load.rule === "inferred" ? "inferred" : reading.stable,
    tare: reading.tare,
    tareGrams: gramsOf(reading.tare, reading.unit),
    settling: { samples: load.samples, durationMs: load.durationMs, rule: load.rule },
  };
  return { kind: "weighing", body, raw: reading.raw };
};

/**
 * A session for any scale that sends by itself: readings become one `weighing` per load, states become `scale-event`
 * records when they change, everything else goes to the live screens only. `complete` adds what the frame does not say
 * but the configuration does (a unit). What is known about the pan outlives a broken line.
 */
export const createScaleSession = (
  context: SessionContext,
  codec: DeviceCodec,
  config: ScaleConfig,
  complete: (reading: ReadingEvent) => ReadingEvent = (reading) => reading,
): DriverSession => {
  const stateRules = { samples: config.stateSamples, motionTooLongMs: config.motionTooLongMs };
  let settling = initialSettling(config.settling);
  let scaleState = initialScaleState;
  let lastLiveMs = Number.NEGATIVE_INFINITY;
  const underWay = new Set<Promise<void>>();

  const capture = (draft: CaptureDraft): void => {
    const stored: Promise<void> = context
      .capture(draft)
      .then(
        () => {
          if (draft.kind === "weighing") context.count("weighings");
        },
        (error: unknown) => {
          // The scale cannot be asked again; the outbox names what it could not take with a gap record.
          context.count("capture_failures", draft.kind);
          context.log.error("a reading could not be stored", { kind: draft.kind, error });
        },
      )
      .finally(() => underWay.delete(stored));
    underWay.add(stored);
  };

  const showLive = (reading: ReadingEvent, nowMs: number): void => {
    if (nowMs - lastLiveMs < config.liveIntervalMs) return;
    lastLiveMs = nowMs;
    const { value, unit, mode, stable, tare, overload, underload, states } = reading;
    context.live({ value, unit, mode, stable, tare, overload, underload, states });
  };

  const report = (step: SettlingStep): void => {
    if (step.weighing !== null) capture(weighingDraft(codec.id, step.weighing));
    if (step.changed !== null) context.count("load_changes");
    if (step.unsettled) context.count("unsettled_loads");
  };

  const takeReading = (reading: ReadingEvent): void => {
    const nowMs = context.clock.nowMs();
    context.count("frames");
    context.count("readings");
    const tracked = trackScaleState(scaleState, reading, nowMs, stateRules);
    scaleState = tracked.track;
    if (tracked.change !== null) {
      const body: ScaleEventBody = { protocol: codec.id, ...tracked.change };
      capture({ kind: "scale-event", body, raw: reading.raw, urgent: true });
    }
    const step = trackLoad(settling, reading, nowMs, config.settling);
    settling = step.state;
    report(step);
    showLive(reading, nowMs);
  };

  const take = (event: DeviceEvent): void => {
    if (event.event === "reading") takeReading(complete(event));
    if (event.event === "discarded") context.count("discarded_bytes", event.reason, bytesOf(event).length);
  };

  const run = async (stream: ByteStream, signal: AbortSignal): Promise<void> => {
    const decoder = codec.createDecoder();
    const line = createLineReader(stream, context.clock, signal);
    settling = interruptSettling(settling);
    try {
      for (;;) {
        const heard = await line.next(decoder.pending().length > 0 ? idleMs : null);
        if (heard.kind === "aborted") return;
        for (const event of heard.kind === "bytes" ? decoder.push(heard.bytes) : decoder.idle()) take(event);
        if (underWay.size < maxCapturesUnderWay) continue;
        if (!(await endsInTime(Promise.race(underWay), context.clock, signal))) return;
      }
    } finally {
      for (const event of decoder.end()) if (event.event === "discarded") take(event);
      line.release();
      if (signal.aborted) await endsInTime(Promise.all(underWay), context.clock, signal);
    }
  };

  return { run };
};
