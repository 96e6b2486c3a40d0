import type { DiscardedEvent } from "./discarded-event.ts";
import type { FrameDecoder } from "./frame-decoder.ts";

/**
 * The decoder with every frame turned into the events it stands for: the first holds the frame's bytes, the others none.
 */
export const expandEvents = <Frame extends object, Event extends object>(
  decoder: FrameDecoder<Frame | DiscardedEvent>,
  expand: (frame: Frame | DiscardedEvent) => readonly (Event | DiscardedEvent)[],
): FrameDecoder<Event | DiscardedEvent> => ({
  push: (bytes) => decoder.push(bytes).flatMap(expand),
  idle: () => decoder.idle().flatMap(expand),
  end: () => decoder.end().flatMap(expand),
  pending: () => decoder.pending(),
});
