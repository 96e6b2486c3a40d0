import { canvasFor, type Pane } from "./pane.ts";

/** What is used of `@cycjimmy/jsmpeg-player`, which has no types. */
interface JsMpeg {
  readonly Demuxer: { readonly TS: new (options: object) => Demuxer };
  readonly Decoder: { readonly MPEG1Video: new (options: object) => Decoder };
  readonly Renderer: { readonly Canvas2D: new (options: object) => unknown };
}
interface Demuxer {
  connect(stream: number, to: Decoder): void;
  write(bytes: ArrayBuffer): void;
}
interface Decoder {
  connect(to: unknown): void;
  /** False when there is not a whole picture. */
  decode(): boolean;
}

/** Loads the library; the page knows where it is. */
export type LoadJsMpeg = () => Promise<unknown>;

const videoStream = 0xe0;
const mostPicturesAtOnce = 50;

/** Shows MPEG-1 in a transport stream, decoded in script: for what is recoded by node-rtsp-stream. */
export class TransportPane implements Pane {
  readonly element: HTMLCanvasElement;
  #demuxer: Demuxer | undefined;
  #decoder: Decoder | undefined;
  #shownMs: number | null = null;
  #ended = false;

  constructor(video: HTMLVideoElement, load: LoadJsMpeg, onFault: () => void) {
    this.element = canvasFor(video);
    load().then((library) => this.#start(library as JsMpeg), onFault);
  }

  #start({ Demuxer, Decoder, Renderer }: JsMpeg): void {
    if (this.#ended) return;
    this.#demuxer = new Demuxer.TS({});
    this.#decoder = new Decoder.MPEG1Video({ streaming: true, decodeFirstFrame: true, videoBufferSize: 1024 * 1024 });
    this.#demuxer.connect(videoStream, this.#decoder);
    this.#decoder.connect(new Renderer.Canvas2D({ canvas: this.element }));
  }

  add(bytes: Uint8Array<ArrayBuffer>, wallMs: number): void {
    const [demuxer, decoder] = [this.#demuxer, this.#decoder];
    if (demuxer === undefined || decoder === undefined || bytes.length === 0) return;
    demuxer.write(bytes.slice().buffer);
    // Everything that is there is drawn at once: what is shown is as new as it can be.
    for (let drawn = 0; drawn < mostPicturesAtOnce && decoder.decode(); drawn++) this.#shownMs = wallMs;
  }

  shownMs(): number | null {
    return this.#shownMs;
  }

  end(): void {
    this.#ended = true;
    this.element.remove();
  }
}
