import type { Logger } from "pino";
import type { Figure } from "../health/figure.ts";

/** What is watched, and what becomes of it. */
export interface WatchedFiles<Text, Loaded> {
  /** What was loaded before; what changed since then counts, also while the centre was starting. */
  readonly loaded: Text;
  /** The files as they are now. */
  readonly read: () => Promise<Text>;
  /** What they say. Throws when it is not valid. */
  readonly parse: (text: Text) => Loaded;
  readonly onChange: (loaded: Loaded) => void;
  /** They changed and are not valid; called again when they are wrong in another way. */
  readonly onInvalid: (error: unknown) => void;
  readonly log: Pick<Logger, "info" | "error">;
  /** What they are called in the log, like `alert rules`. */
  readonly called: string;
  readonly figure: Pick<Figure, "name" | "help">;
}

/** A running watch. */
export interface FileWatch {
  /** 1 while what is on disk is what is in force. */
  figure(): Figure;
  close(): void;
}

const lookEveryMs = 2_000;

/**
 * Looks at files every two seconds. What they say takes effect when it is valid; until then what was before goes on, and the
 * log says once what is wrong where.
 */
export const watchFiles = <Text, Loaded>(watched: WatchedFiles<Text, Loaded>): FileWatch => {
  const { log, called } = watched;
  let seen = JSON.stringify(watched.loaded);
  let isGood = true;
  let closed = false;
  const look = async (): Promise<void> => {
    let text: Text | undefined;
    let fault: unknown;
    try {
      text = await watched.read();
    } catch (error) {
      fault = error;
    }
    const now = text === undefined ? `unreadable: ${String(fault)}` : JSON.stringify(text);
    if (closed || now === seen) return;
    seen = now;
    try {
      if (text === undefined) throw fault;
      watched.onChange(watched.parse(text));
      isGood = true;
      log.info(`other ${called} are in force`);
    } catch (error) {
      isGood = false;
      watched.onInvalid(error);
      log.error({ err: error }, `the ${called} on disk are not valid: those from before stay in force`);
    }
  };
  let looking = look();
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, lookEveryMs);
  timer.unref();
  return {
    figure: () => ({ ...watched.figure, type: "gauge", value: isGood ? 1 : 0 }),
    close: () => {
      closed = true;
      clearInterval(timer);
    },
  };
};
