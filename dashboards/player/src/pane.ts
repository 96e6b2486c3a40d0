/** What pictures of one kind are drawn on. */
export interface Pane {
  /** What is to be seen; the page's own video, or a canvas that takes its place. */
  readonly element: HTMLElement;
  /** Takes the beginning, a piece of a stream, or a picture; `wallMs`: when it was taken. */
  add(bytes: Uint8Array<ArrayBuffer>, wallMs: number): void;
  /** When the picture that is seen now was taken; null: none is. */
  shownMs(): number | null;
  /** Sets the tile free. */
  end(): void;
}

/** A canvas in the place of a video, looking the same. */
export const canvasFor = (video: HTMLVideoElement): HTMLCanvasElement => {
  const canvas = document.createElement("canvas");
  canvas.className = video.className;
  for (const { name, value } of video.attributes) if (name.startsWith("data-")) canvas.setAttribute(name, value);
  video.after(canvas);
  return canvas;
};
