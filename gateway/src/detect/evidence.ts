import { bytesOf, type DeviceCodec, type DeviceEvent } from "@mingcheng/protocols/devices";

/** What one family's decoder made of the bytes of a line. Counts only; what they mean is judged by `rank.ts`. */
export interface Evidence {
  readonly protocol: string;
  /** True when the parity bit had to be masked before the decoder understood. */
  readonly masked: boolean;
  /** Bytes heard. */
  readonly bytes: number;
  /** Frames, readings, results and answers that the decoder vouches for and that say more than a control character. */
  readonly frames: number;
  /** Bytes of everything that the decoder vouches for. */
  readonly frameBytes: number;
  /** Bytes of requests that somebody else on the line sent. */
  readonly requestBytes: number;
  /** Bytes before the first and behind the last frame that may be the rest of a frame: they speak against nobody. */
  readonly edgeBytes: number;
  /** Whole frames with a wrong checksum. */
  readonly damaged: number;
  /** Share of single-bit changes that the decoder notices in these frames, 0 to 1: a checksum gives nearly 1. */
  readonly rigidity: number;
  /** Share of consecutive readings that agree in unit and decimal places, 0 to 1. */
  readonly consistency: number;
  /** A few things it says, as text: `12.50 kg gross`. */
  readonly samples: readonly string[];
}

/** A shorter answer is a control character or two: many protocols share them. */
const tellingBytes = 4;
const maxSamples = 3;
const framesFlipped = 3;
const flipsPerFrame = 64;

/** Events that a decoder vouches for: noise does not make them by itself. */
const isBelieved = (event: DeviceEvent): boolean => {
  if (event.event === "discarded" || event.event === "request") return false;
  if (event.event === "frame") return event.checksumOk;
  return bytesOf(event).length > 0;
};

const isTelling = (event: DeviceEvent): boolean => {
  if (event.event === "control") return false;
  return event.event !== "reply" || bytesOf(event).length >= tellingBytes;
};

const decode = (codec: DeviceCodec, bytes: Uint8Array): DeviceEvent[] => {
  const decoder = codec.createDecoder();
  return [...decoder.push(bytes), ...decoder.end()];
};

const withBitFlipped = (bytes: Uint8Array, bit: number): Uint8Array => {
  const flipped = bytes.slice();
  const at = bit >> 3;
  flipped[at] = (flipped[at] ?? 0) ^ (1 << (bit & 7));
  return flipped;
};

/** Share of changes of one bit after which the frame is no longer taken as a whole. */
const rigidityOf = (codec: DeviceCodec, frame: Uint8Array): number => {
  const bits = frame.length * 8;
  const step = Math.max(1, Math.ceil(bits / flipsPerFrame));
  let tried = 0;
  let noticed = 0;
  for (let bit = 0; bit < bits; bit += step) {
    // Parity bits are masked by design: they say nothing about the form.
    if ((bit & 7) === 7 && step === 1) continue;
    tried++;
    const first = decode(codec, withBitFlipped(frame, bit))[0];
    if (first === undefined || !isBelieved(first) || bytesOf(first).length !== frame.length) noticed++;
  }
  return tried === 0 ? 0 : noticed / tried;
};

const distinctFrames = (frames: readonly DeviceEvent[]): Uint8Array[] => {
  const distinct = new Map<string, Uint8Array>();
  for (const frame of frames) {
    if (distinct.size === framesFlipped) break;
    const bytes = bytesOf(frame);
    distinct.set(bytes.join(), bytes);
  }
  return [...distinct.values()];
};

const placesIn = (value: string): number => (value.split(".")[1] ?? "").length;

const consistencyOf = (events: readonly DeviceEvent[]): number => {
  const forms = events.flatMap((event) =>
    event.event === "reading" && event.value !== null ? [`${event.unit} ${placesIn(event.value)}`] : [],
  );
  if (forms.length < 2) return 1;
  const same = forms.filter((form, index) => index > 0 && form === forms[index - 1]).length;
  return same / (forms.length - 1);
};

const sayingOf = (event: DeviceEvent): string | null => {
  switch (event.event) {
    case "reading": {
      const state = event.overload ? " overload" : event.underload ? " underload" : "";
      return `${event.value ?? "-"} ${event.unit ?? "?"} ${event.mode}${state}`;
    }
    case "result":
      return [event.sample, event.assay, event.value, event.unit].map((said) => said ?? "-").join(" ");
    case "sale":
      return `${event.item ?? "-"} ${event.weight ?? event.count ?? "-"} ${event.unit ?? ""}`.trim();
    case "frame":
      return event.records[0]?.text ?? null;
    case "control":
      return event.control;
    case "reply":
      return event.meaning;
    default:
      return null;
  }
};

const samplesOf = (frames: readonly DeviceEvent[]): string[] => {
  const said = new Set<string>();
  for (const frame of frames) {
    const saying = sayingOf(frame);
    if (saying !== null) said.add(saying.slice(0, 60));
    if (said.size === maxSamples) break;
  }
  return [...said];
};

/** Bytes at the edges that can be the rest of a frame, given how long frames are. */
const edgesOf = (events: readonly DeviceEvent[], longest: number): number => {
  const run = (ordered: readonly DeviceEvent[]): number => {
    const first = ordered.findIndex(isBelieved);
    const outside = ordered.slice(0, Math.max(first, 0)).reduce((sum, event) => sum + bytesOf(event).length, 0);
    return Math.min(outside, longest);
  };
  return run(events) + run([...events].reverse());
};

const sumOf = (events: readonly DeviceEvent[]): number => events.reduce((sum, event) => sum + bytesOf(event).length, 0);

/** What the family makes of `bytes`. Pure: the same bytes give the same evidence. */
export const evidenceOf = (codec: DeviceCodec, bytes: Uint8Array, masked = false): Evidence => {
  const events = decode(codec, masked ? bytes.map((byte) => byte & 0x7f) : bytes);
  const frames = events.filter(isBelieved);
  const longest = frames.reduce((most, frame) => Math.max(most, bytesOf(frame).length), 0);
  const distinct = distinctFrames(frames);
  const rigid = distinct.reduce((sum, frame) => sum + rigidityOf(codec, frame), 0);
  return {
    protocol: codec.id,
    masked,
    bytes: bytes.length,
    frames: frames.filter(isTelling).length,
    frameBytes: sumOf(frames),
    requestBytes: sumOf(events.filter(({ event }) => event === "request")),
    edgeBytes: edgesOf(events, longest),
    damaged: events.filter((event) => event.event === "discarded" && event.reason === "bad-checksum").length,
    rigidity: distinct.length === 0 ? 0 : rigid / distinct.length,
    consistency: consistencyOf(events),
    samples: samplesOf(frames),
  };
};
