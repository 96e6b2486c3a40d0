// @ts-expect-error: it has no types of its own
import library from "@cycjimmy/jsmpeg-player";

/** The player of MPEG-1, for pages that are bundled: a piece of its own, loaded where recoded video is shown. */
export const jsMpeg: unknown = library;
