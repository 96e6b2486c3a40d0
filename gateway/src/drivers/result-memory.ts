import { createHash } from "node:crypto";
import { resultIdentityText, type TestBody } from "@mingcheng/protocols";
import type { SessionContext } from "./define-driver.ts";

/** Results of one device remembered, to recognise a repeat. */
const remembered = 500;
/** So many of an earlier process's results may have been under way when it ended. */
const perhapsUnderWay = 16;

/** Content key of a result: the first 32 hexadecimal digits of SHA-256 over what the instrument said about it. */
export const contentKeyOf = (body: TestBody): string =>
  createHash("sha256").update(resultIdentityText(body)).digest("hex").slice(0, 32);

/** Knows which results of this device are on disk already. */
export interface ResultMemory {
  /** Reads what earlier processes stored; once, before the first question. */
  load(): Promise<void>;
  /** The content key when this result was stored before by an earlier transfer, else `null`. */
  repeats(body: TestBody): string | null;
  /** The result is on disk. */
  stored(body: TestBody): void;
  /** A transfer begins. */
  opened(): void;
  /** A transfer was completed: the instrument has every acknowledgement and will not send it again by itself. */
  closed(): void;
}

/**
 * Remembers the last results. A result that carries the instrument's own time is the same whenever it comes again. One
 * without time could be a true second test with the same outcome: it counts as a repeat only while the transfer that
 * brought it first was never closed (or an earlier process took it and this one has closed none yet). Two equal results
 * inside one transfer are two results.
 */
export const createResultMemory = (context: SessionContext): ResultMemory => {
  const earlier = new Map<string, "timed" | "open" | "closed">();
  let current: TestBody[] = [];
  let loading: Promise<void> | undefined;

  const keep = (body: TestBody, untimed: "open" | "closed") => {
    const key = contentKeyOf(body);
    earlier.delete(key);
    earlier.set(key, body.completedAt !== "" || body.startedAt !== "" ? "timed" : untimed);
    if (earlier.size <= remembered) return;
    const oldest = earlier.keys().next();
    if (oldest.done !== true) earlier.delete(oldest.value);
  };

  const settle = (outcome: "open" | "closed") => {
    for (const body of current) keep(body, outcome);
    current = [];
  };

  const recall = async (): Promise<void> => {
    const bodies = await context.recall("test", remembered);
    for (const [index, body] of bodies.entries()) {
      keep(body as TestBody, index < bodies.length - perhapsUnderWay ? "closed" : "open");
    }
  };

  return {
    load: () => {
      loading ??= recall().catch((error: unknown) => {
        loading = undefined;
        throw error;
      });
      return loading;
    },
    repeats: (body) => {
      const key = contentKeyOf(body);
      const state = earlier.get(key);
      return state === "timed" || state === "open" ? key : null;
    },
    stored: (body) => {
      current.push(body);
    },
    opened: () => settle("open"),
    closed: () => {
      settle("closed");
      for (const [key, state] of earlier) if (state === "open") earlier.set(key, "closed");
    },
  };
};
