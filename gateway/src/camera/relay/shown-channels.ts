import type { Showing } from "@mingcheng/protocols/media";
import type { Decoder } from "../decode/decode-job.ts";
import type { Channels, RelayedChannel, RelayedStream } from "./channels.ts";
import { type Derivation, type DerivedSink, DerivedStream } from "./derived-stream.ts";
import { keyPictures } from "./key-pictures.ts";
import type { Shown } from "./shown.ts";

/** What forms of a camera are made with. */
export interface ShownChannelsOptions {
  readonly channels: Channels;
  readonly decoder: Decoder;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  readonly after: (delayMs: number, task: () => void) => () => void;
}

/** Pictures of a slow line: small, and seldom. */
const pictureForms = {
  pictures: { everyMs: 2_000, mostWidthPx: 960 },
  stills: { everyMs: 10_000, mostWidthPx: 640 },
} as const;

const asItIs = ({ quality, fan }: RelayedStream): Shown => ({
  source: quality,
  watch: (viewer) => fan.watch(viewer),
});

/** Loaded when somebody watches. */
const compatible = (sink: DerivedSink, ports: ShownChannelsOptions): Derivation => {
  let video: Derivation | undefined;
  let isEnded = false;
  import("../compat/compatible-video.ts")
    .then(({ compatibleVideo }) => {
      if (!isEnded) video = compatibleVideo(sink, ports);
    })
    .catch((error: unknown) => sink.failed("GATEWAY_FAULT", String(error).slice(0, 200)));
  return {
    fragment: (fragment) => video?.fragment(fragment),
    end: () => {
      isEnded = true;
      video?.end();
    },
  };
};

/** Every form in which a box shows its cameras; made when they are first asked for. */
export class ShownChannels {
  readonly #options: ShownChannelsOptions;
  readonly #known = new Map<string, Shown>();

  constructor(options: ShownChannelsOptions) {
    this.#options = options;
  }

  /** A camera in a form; a code where there is no such camera, or it is not offered so. */
  find(id: string, showing: Showing): Shown | "CAMERA_UNKNOWN" | "SHOWING_NOT_OFFERED" {
    const channel = this.#options.channels.get(id);
    if (channel === undefined) return "CAMERA_UNKNOWN";
    if (showing === "compatible" && channel.config.compatibility === undefined) return "SHOWING_NOT_OFFERED";
    const key = `${id}/${showing}`;
    const found = this.#known.get(key) ?? this.#make(channel, showing);
    this.#known.set(key, found);
    return found;
  }

  /** What the centre is sent where that is asked for: its line may be too poor for it, then it is less. */
  formForCentre(id: string, asked: Showing): Showing {
    const uplink = this.#options.channels.get(id)?.config.uplink ?? "video";
    return uplink === "video" || asked === "stills" ? asked : uplink;
  }

  #make(channel: RelayedChannel, showing: Showing): Shown {
    const { decoder } = this.#options;
    if (showing === "main" || showing === "sub") return asItIs(channel[showing]);
    if (showing !== "compatible") {
      const form = pictureForms[showing];
      return new DerivedStream(channel.sub, "image/jpeg", (sink) => keyPictures({ decoder, ...form }, sink));
    }
    return new DerivedStream(channel.sub, "mpeg1", (sink) => compatible(sink, this.#options));
  }
}
