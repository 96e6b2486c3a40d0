import { canvasFor, type Pane } from "./pane.ts";

/** Shows single pictures (JPEG), the newest one, for as long as nothing newer comes. */
export class PicturePane implements Pane {
  readonly element: HTMLCanvasElement;
  #shownMs: number | null = null;
  #newestMs = Number.NEGATIVE_INFINITY;

  constructor(video: HTMLVideoElement) {
    this.element = canvasFor(video);
  }

  add(bytes: Uint8Array<ArrayBuffer>, wallMs: number): void {
    if (bytes.length === 0) return;
    this.#newestMs = wallMs;
    createImageBitmap(new Blob([bytes], { type: "image/jpeg" })).then(
      (picture) => {
        if (wallMs === this.#newestMs) {
          this.element.width = picture.width;
          this.element.height = picture.height;
          this.element.getContext("2d")?.drawImage(picture, 0, 0);
          this.#shownMs = wallMs;
        }
        picture.close();
      },
      // One that cannot be read is no picture: the one before gets old and is taken away.
      () => undefined,
    );
  }

  shownMs(): number | null {
    return this.#shownMs;
  }

  end(): void {
    this.element.remove();
  }
}
